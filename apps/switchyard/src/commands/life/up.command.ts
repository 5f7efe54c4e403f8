import type { Command } from 'commander';
import { CLIENT_PERMISSIONS } from '#libs/client-files';
import { gatewayEnvironment, processEnvironment } from '#libs/config';
import { AdminApi } from '../../gateway/admin-api.js';
import { reach } from '../../gateway/reach.js';
import type { Rest } from '../../gateway/rest.js';
import { dataFolderHere, environmentOf, localGateway } from '../../local/data-folder.js';
import { gatewayAt, type RunningGateway } from '../../local/running-gateways.js';
import { CommandFailure } from '../../terminal/failure.js';
import { note, say } from '../../terminal/output.js';
import { importServers } from '../import/import-servers.js';
import { readServerList } from '../import/server-list.js';
import { terminalAsker } from '../import/terminal.js';
import { newCommand } from '../new-command.js';
import { startInBackground } from './start-in-background.js';
import { stopGateway } from './stop.js';

interface UpOptions {
  readonly demo?: true;
  readonly import?: readonly string[];
}

/** `up`: the gateway in the background, found again from any folder. */
export const upCommand = (): Command =>
  newCommand('up')
    .summary('start the gateway in the background')
    .description(
      'Starts the gateway in the background, unless it runs, and waits until it serves. Its data and its log are in ' +
        'SWITCHYARD_DATA_DIR, ./.switchyard by default. Commands find it from any folder; "switchyard down" stops it.',
    )
    .option('--demo', 'register the reference MCP server and call a tool of it, once per protocol era')
    .option('--import <file...>', 'register the servers of client configurations')
    .action(async ({ demo, import: files = [] }: UpOptions) => {
      const reading = { env: processEnvironment(), ask: terminalAsker() };
      const lists = [];
      // Read first: a file that cannot be used is told before anything is started.
      for (const file of files) lists.push(await readServerList(file, reading));
      const known = alreadyThere();
      const gateway = known ?? (await startInBackground(dataFolderHere()));
      say(`Switchyard ${gateway.version} ${known === null ? 'is ready' : 'runs already'} at ${gateway.url}`);
      say(`  data ${gateway.dataDir}${gateway.log === null ? '' : `, log ${gateway.log}`}, process ${gateway.pid}`);
      if (lists.length === 0 && demo !== true) {
        say('  next: switchyard import FILE, then client connect CLIENT, or open for the console');
        return;
      }
      await prepare(gateway, lists.flat(), demo === true);
    });

/** `restart`: the same, with the data that is there. */
export const restartCommand = (): Command =>
  newCommand('restart')
    .summary('stop the gateway and start it again')
    .description('Stops the gateway of this machine in order, and starts it in the background on the same data.')
    .action(async () => {
      const gateway = await startedAgain(localGateway());
      say(`Switchyard ${gateway.version} is ready at ${gateway.url}`);
    });

/** With the settings that it had as far as its files tell, whichever folder this is. */
const startedAgain = async (running: RunningGateway | null): Promise<RunningGateway> => {
  if (running === null) return startInBackground(dataFolderHere());
  await stopGateway(running);
  return startInBackground(running.dataDir, { folder: running.folder, env: environmentOf(running) });
};

/** The one on the data folder of here, or any where nothing says that another is wanted. */
const alreadyThere = (): RunningGateway | null => {
  const running = localGateway();
  const { PORT } = gatewayEnvironment();
  return running === null || !PORT || new URL(running.url).port === PORT ? running : gatewayAt(dataFolderHere());
};

const prepare = async (
  gateway: RunningGateway,
  entries: Awaited<ReturnType<typeof readServerList>>,
  isDemo: boolean,
): Promise<void> => {
  const rest = await reach({ url: new URL(gateway.url) });
  const api = new AdminApi(rest);
  const failed = entries.length === 0 ? 0 : await importServers(api, entries, { isDryRun: false, print: say });
  if (isDemo) await (await import('../start/demo.js')).runDemo(api, await demoToken(rest), say);
  if (failed > 0)
    throw new CommandFailure(`${failed} of the servers could not be registered; switchyard doctor says more`);
  note('Next: switchyard client connect CLIENT');
};

const demoToken = async (rest: Rest): Promise<string> => {
  const body = {
    name: `demo ${new Date().toISOString()}`,
    expires_in_days: 1,
    scope: { permissions: [...CLIENT_PERMISSIONS] },
  };
  return (await rest.post<{ readonly access_token: string }>('/v1/tokens', body)).access_token;
};
