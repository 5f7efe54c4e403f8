import { accessSync, constants, statSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { ProcessEnvironment } from '#libs/config';
import type { GatewayBody } from '../../gateway/admin-api.js';
import type { ServerEntry } from '../import/server-list.js';
import { reasonOf, stateOf, type Upstream } from '../servers/upstream.js';
import { bad, codeOf, type Finding, ok, warn } from './finding.js';

const TIMEOUT_MS = 8_000;

/** How the servers of a client's file would fare: nothing is started or registered. */
export const entryFindings = (entries: readonly ServerEntry[], env: ProcessEnvironment): Promise<readonly Finding[]> =>
  Promise.all(entries.map((entry) => entryFinding(entry, env)));

const entryFinding = async ({ name, body, problem }: ServerEntry, env: ProcessEnvironment): Promise<Finding> => {
  if (body === undefined) return warn(name, `would be left out: it ${problem}`, 'change it in the file');
  return body.command === undefined ? addressFinding(name, body) : programFinding(name, body.command, body.cwd, env);
};

/** Whether a program could be started, which is not tried. */
const programFinding = (
  name: string,
  command: string,
  cwd: string | null | undefined,
  env: ProcessEnvironment,
): Finding => {
  if (cwd && statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true)
    return bad(name, `its folder ${cwd} is not there`, 'make it, or give another cwd');
  return isProgram(command, cwd ?? undefined, env)
    ? ok(name, `${command} is there`)
    : bad(name, `there is no program ${command} on the PATH`, 'install it, or give its whole path');
};

/** By its path, or by its name in one of the folders of the PATH. */
const isProgram = (command: string, cwd: string | undefined, { PATH = '' }: ProcessEnvironment): boolean => {
  const places =
    isAbsolute(command) || command.includes('/')
      ? [resolve(cwd ?? '.', command)]
      : PATH.split(delimiter).map((folder) => join(folder, command));
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return statSync(place).isFile();
    } catch {
      return false;
    }
  });
};

const addressFinding = async (name: string, { url = '', authHeaders = [] }: GatewayBody): Promise<Finding> => {
  const { hostname } = new URL(url);
  try {
    await lookup(hostname.replace(/^\[|\]$/g, ''));
  } catch (error) {
    return bad(name, `the name ${hostname} leads nowhere (${codeOf(error)})`, 'see its url');
  }
  const headers = Object.fromEntries(authHeaders.map(({ key, value }) => [key, value]));
  const client = new Client({ name: 'switchyard-doctor', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  try {
    await client.connect(
      new StreamableHTTPClientTransport(new URL(url), {
        requestInit: { headers, signal: AbortSignal.timeout(TIMEOUT_MS) },
      }),
      { timeout: TIMEOUT_MS },
    );
    return ok(name, `speaks ${client.getNegotiatedProtocolVersion() ?? 'MCP'}`);
  } catch (error) {
    const words = codeOf(error).split('\n', 1)[0] ?? '';
    return bad(
      name,
      `${url} does not speak MCP (${words})`,
      'is it running, and is that its whole URL? Does it want a header?',
    );
  } finally {
    await client.close().catch(() => undefined);
  }
};

/** How the servers of a gateway are, as it says itself. */
export const upstreamFindings = (upstreams: readonly Upstream[], env: ProcessEnvironment | null): readonly Finding[] =>
  upstreams.map((upstream) => {
    const { name, enabled, reachable, command, cwd, eras, toolCount } = upstream;
    if (enabled && reachable) return ok(name, `up, ${toolCount} tools, ${(eras ?? []).join(' and ') || 'no era yet'}`);
    const state = stateOf(upstream);
    if (state === 'off') return ok(name, 'switched off');
    if (command && env !== null) {
      const found = programFinding(name, command, cwd, env);
      if (found.state === 'bad') return found;
    }
    return bad(name, `${state}: ${reasonOf(upstream)}`, `mend that, then: switchyard servers enable ${name}`);
  });
