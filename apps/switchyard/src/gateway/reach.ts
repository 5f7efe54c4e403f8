import { type Command, Option } from 'commander';
import { processEnvironment } from '#libs/config';
import { contextNamed, LOCAL, readContexts } from '../local/contexts.js';
import { localGateway } from '../local/data-folder.js';
import type { RunningGateway } from '../local/running-gateways.js';
import { UsageError, Unreachable } from '../terminal/failure.js';
import { httpUrl } from '../terminal/http-url.js';
import { Rest } from './rest.js';

/** Which gateway is meant, as it stands on the command line. */
export interface Asked {
  readonly url?: URL;
  readonly token?: string;
  readonly context?: string;
}

const DEFAULT_URL = 'http://127.0.0.1:4444';

export const urlOption = (): Option =>
  new Option('--url <url>', 'where the gateway is').env('SWITCHYARD_URL').argParser(httpUrl('--url'));

export const tokenOption = (): Option => new Option('--token <token>', 'to show it').env('SWITCHYARD_TOKEN');

/** The options of a command that asks a gateway. */
export const asksGateway = (command: Command): Command =>
  command
    .addOption(urlOption())
    .addOption(tokenOption())
    .addOption(new Option('--context <name>', 'a gateway of "context ls"').env('SWITCHYARD_CONTEXT'));

/**
 * The gateway that is meant: the one at `--url`, of `--context`, of the context in use, or the one that runs on this machine,
 * for which its owner needs no token. Throws a sentence where there is none.
 */
export const reach = async ({ url, token, context }: Asked): Promise<Rest> => {
  if (url !== undefined && context !== undefined) throw new UsageError('give --url or --context');
  if (url !== undefined) return new Rest(baseOf(url), token ?? (await tokenFor(url)));
  const all = readContexts();
  const name = context ?? all.current ?? LOCAL;
  if (name !== LOCAL) {
    const known = contextNamed(all, name);
    // One that the environment holds is for whatever it was exported for; no other gateway is shown it.
    const isTyped = token !== undefined && token !== processEnvironment()['SWITCHYARD_TOKEN'];
    return new Rest(baseOf(new URL(known.url)), isTyped ? token : known.token);
  }
  const running = localGateway();
  if (running !== null) return new Rest(running.url, token ?? (await ownTokenOf(running)));
  if (token !== undefined) return new Rest(DEFAULT_URL, token);
  throw new Unreachable(
    'no gateway runs on this machine: start one with "switchyard up", or name one by --url, --context or context use',
  );
};

/** A gateway may be below a path; a slash at its end means nothing. */
const baseOf = (url: URL): string => `${url.origin}${url.pathname}`.replace(/\/+$/, '');

const tokenFor = async (url: URL): Promise<string> => {
  const known = Object.values(readContexts().contexts).find((context) => context.url === baseOf(url));
  if (known !== undefined) return known.token;
  const running = localGateway();
  if (running !== null && running.url === baseOf(url)) return ownTokenOf(running);
  throw new UsageError(`${baseOf(url)} wants a token: give --token or SWITCHYARD_TOKEN, or keep one with context add`);
};

/** Loads what reads the database only where a token is to be made. */
const ownTokenOf = async (running: RunningGateway): Promise<string> =>
  (await import('../local/own-token.js')).ownToken(running);
