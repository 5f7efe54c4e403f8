import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { createLogger } from '#libs/telemetry';
import { consoleUrl } from '../../gateway/console-url.js';
import { urlOption } from '../../gateway/reach.js';
import { localEnvironment, localGateway } from '../../local/data-folder.js';
import { newCommand } from '../new-command.js';

interface OpenOptions {
  readonly url?: URL;
  readonly user?: string;
  readonly browser: boolean;
}

const DEFAULT_URL = 'http://127.0.0.1:4444';

/** `open`: prints a link that opens the admin console once, and follows it where there is a browser. */
export const openCommand = (): Command =>
  newCommand('open')
    .summary('open the admin console')
    .description(
      'Prints a link that opens the admin console, good once and for a minute, and opens it in a browser. Works beside the ' +
        'database that DATABASE_URL or SWITCHYARD_DATA_DIR names.',
    )
    .option('--user <email>', "as whom; by default the platform's administrator")
    .option('--no-browser', 'print the link and no more')
    .addOption(urlOption())
    .action(async ({ url, user, browser }: OpenOptions) => {
      const { authCommands } = await import('#apps/auth');
      const logger = createLogger({ service: 'switchyard', level: 'error', to: 'stderr' });
      const code = await authCommands({ env: localEnvironment(), logger }).createConsoleLink(user);
      const link = consoleUrl(url?.href ?? localGateway()?.url ?? DEFAULT_URL, code);
      process.stdout.write(`${link}\n`);
      if (browser && process.stdout.isTTY) follow(link);
    });

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Where there is nothing to open it with, it is on the terminal. */
const follow = (link: string): void => {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const opener = spawn(command, [...args, link], { stdio: 'ignore', detached: true });
  opener.on('error', () => {});
  opener.unref();
};
