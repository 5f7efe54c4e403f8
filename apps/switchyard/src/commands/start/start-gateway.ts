import { issueAdminToken } from '#apps/auth';
import { type RunningService, runProcess, VERSION } from '#libs/service';
import { AdminApi } from '../../gateway/admin-api.js';
import { clientConfiguration } from '../../gateway/client-configuration.js';
import { importServers } from '../import/import-servers.js';
import { readServerList, type ServerEntry } from '../import/server-list.js';
import { parts } from '../../gateway/parts.js';

export interface StartChoices {
  readonly demo: boolean;
  readonly importFile: string | null;
}

const TOKEN_LIFETIME_MS = 30 * 86_400_000;

/** The whole gateway in this process, and what was asked for at its start. */
export const startGateway = async ({ demo, importFile }: StartChoices): Promise<void> => {
  // Read first: a file that cannot be used is told before anything is started.
  const entries = importFile === null ? [] : readServerList(importFile);
  const gateway = await runProcess({ parts, logTo: 'stderr' });
  print(`Switchyard ${VERSION} is ready at ${gateway.url}`);
  if (!demo && importFile === null) {
    print('For a token: npm run -s switchyard -- token create --user EMAIL --admin');
    return;
  }
  try {
    await prepare(gateway, demo, entries);
  } catch (error) {
    await gateway.stop();
    throw error;
  }
  print('\nCtrl-C stops it.');
};

const prepare = async (gateway: RunningService, demo: boolean, entries: readonly ServerEntry[]): Promise<void> => {
  const token = await issueAdminToken(gateway.application, TOKEN_LIFETIME_MS);
  const api = new AdminApi(gateway.url, token);
  if (entries.length > 0) {
    print('\nImporting');
    await importServers(api, entries, print);
  }
  // With the clients that it calls as, which nothing else needs.
  if (demo) await (await import('./demo.js')).runDemo(api, print);
  print(`\nAdmin token (${TOKEN_LIFETIME_MS / 86_400_000} days):\n${token}`);
  print(`\nFor your client's mcp.json:\n${clientConfiguration(gateway.url, token)}`);
};

const print = (text: string): void => void process.stdout.write(`${text}\n`);
