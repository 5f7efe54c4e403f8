import { join } from 'node:path';
import { endToken, firstAdministrator, issueAdminToken, issueClientToken, issueConsoleCode } from '#apps/auth';
import { servesConsole } from '#apps/ingress';
import { processEnvironment } from '#libs/config';
import { type RunningService, runProcess, VERSION } from '#libs/service';
import { AdminApi } from '../../gateway/admin-api.js';
import { Rest } from '../../gateway/rest.js';
import { consoleUrl } from '../../gateway/console-url.js';
import { clientConfiguration } from '../../gateway/client-configuration.js';
import { calledAs } from '../../local/called-as.js';
import { announce } from '../../local/running-gateways.js';
import { importServers } from '../import/import-servers.js';
import { readServerList, type ServerEntry } from '../import/server-list.js';
import { terminalAsker } from '../import/terminal.js';
import { parts } from '../../gateway/parts.js';
import { tellSystemd } from './tell-systemd.js';

export interface StartChoices {
  readonly demo: boolean;
  readonly importFile: string | null;
  /** The file that its output goes to; null for the terminal. */
  readonly log: string | null;
}

/** Its own, for as long as it prepares: nobody else is shown it. */
const ADMIN_TOKEN_LIFETIME_MS = 3_600_000;
const CLIENT_TOKEN_LIFETIME_MS = 30 * 86_400_000;
/** Of the link of the banner: until somebody has read it. */
const CONSOLE_LINK_LIFETIME_MS = 600_000;

const toAdminister = (): string => `For a token to administer with: ${calledAs()} token create --user EMAIL --admin`;

/** The whole gateway in this process, and what was asked for at its start. */
export const startGateway = async ({ demo, importFile, log }: StartChoices): Promise<void> => {
  // Read first: a file that cannot be used is told before anything is started.
  const reading = { env: processEnvironment(), ask: terminalAsker() };
  const entries = importFile === null ? [] : await readServerList(importFile, reading);
  const gateway = await runProcess({ parts, logTo: 'stderr' });
  announce({
    url: gateway.url,
    version: VERSION,
    dataDir: gateway.config.SWITCHYARD_DATA_DIR,
    folder: process.cwd(),
    ownsDatabase: gateway.config.DATABASE_URL === null,
    log,
    since: new Date().toISOString(),
  });
  await tellSystemd();
  print(`Switchyard ${VERSION} is ready at ${gateway.url}`);
  if (servesConsole(gateway.application)) print(await consoleLine(gateway));
  const signIn = toSignIn(gateway, reading.env);
  if (!demo && importFile === null) {
    if (signIn !== null) print(signIn);
    print(toAdminister());
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

/** How somebody signs in who was given no password: one was made up. `null` where they know theirs. */
const toSignIn = ({ application, config }: RunningService, env: StartEnvironment): string | null => {
  const email = firstAdministrator(application);
  if (email === null || config.DATABASE_URL !== null || env['PLATFORM_ADMIN_PASSWORD']) return null;
  const file = join(config.SWITCHYARD_DATA_DIR, 'secrets.json');
  return `Clients that are given a URL alone have you sign in as ${email}; until they have a password, by PLATFORM_ADMIN_FIRST_PASSWORD in ${file}`;
};

type StartEnvironment = ReturnType<typeof processEnvironment>;

const prepare = async (gateway: RunningService, demo: boolean, entries: readonly ServerEntry[]): Promise<void> => {
  const admin = await issueAdminToken(gateway.application, ADMIN_TOKEN_LIFETIME_MS);
  const { token } = await issueClientToken(gateway.application, CLIENT_TOKEN_LIFETIME_MS);
  try {
    const api = new AdminApi(new Rest(gateway.url, admin.token));
    if (entries.length > 0) {
      print('\nImporting');
      await importServers(api, entries, { isDryRun: false, print });
    }
    // With the clients that it calls as, which nothing else needs.
    if (demo) await (await import('./demo.js')).runDemo(api, token, print);
  } finally {
    await endToken(gateway.application, admin);
  }
  const days = CLIENT_TOKEN_LIFETIME_MS / 86_400_000;
  print(`\nToken for your client, which uses tools and administers nothing (${days} days):\n${token}`);
  print(`\nFor your client's mcp.json:\n${clientConfiguration(gateway.url, token)}`);
  print(`\n${toAdminister()}`);
};

/** What stands in a log is nobody's to open the console with: the link is for a person at a terminal. */
const consoleLine = async (gateway: RunningService): Promise<string> => {
  const plain = `Console: ${gateway.url}/admin/ (${calledAs()} open prints a link that logs in)`;
  if (!process.stdout.isTTY) return plain;
  const code = await issueConsoleCode(gateway.application, CONSOLE_LINK_LIFETIME_MS);
  return `Console, by a link that is good once within ten minutes:\n${consoleUrl(gateway.url, code)}`;
};

const print = (text: string): void => void process.stdout.write(`${text}\n`);
