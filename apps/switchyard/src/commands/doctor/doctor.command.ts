import type { Command } from 'commander';
import { processEnvironment } from '#libs/config';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { environmentOf, localEnvironment, localGateway } from '../../local/data-folder.js';
import { CommandFailure, EXIT } from '../../terminal/failure.js';
import { say } from '../../terminal/output.js';
import { printable } from '../../terminal/table.js';
import { knownClients } from '../client/client.command.js';
import { readServerList } from '../import/server-list.js';
import { newCommand } from '../new-command.js';
import { upstreamsOf } from '../servers/upstream.js';
import { bad, type Finding, ok, warn } from './finding.js';
import { clockFinding, machineFindings } from './machine.js';

interface DoctorOptions extends Asked {
  readonly json?: true;
}

/** `doctor [FILE]`: looks at everything that a gateway needs; ends with 1 where something is bad. */
export const doctorCommand = (): Command =>
  asksGateway(newCommand('doctor'))
    .description(
      'Looks at Node, the data folder, the port, the stores, the gateway and its servers, and the files of clients, and says what to do ' +
        'where one is not well. With FILE: at the servers of a client configuration, before they are imported. Ends with 1 where ' +
        'something is bad.',
    )
    .argument('[file]', 'as import takes it')
    .option('--json', 'print JSON')
    .action(async (file: string | undefined, { json, ...asked }: DoctorOptions) => {
      const findings = file === undefined ? await allFindings(asked) : await fileFindings(file);
      say(json === true ? JSON.stringify(findings, null, 2) : textOf(findings));
      if (findings.some(({ state }) => state === 'bad')) process.exitCode = EXIT.failed;
    });

const fileFindings = async (file: string): Promise<readonly Finding[]> => {
  const { entryFindings } = await import('./servers.js');
  const env = processEnvironment();
  return entryFindings(await readServerList(file, { env, ask: async ({ id }) => String(id) }), env);
};

const allFindings = async (asked: Asked): Promise<readonly Finding[]> => {
  const { storeFindings } = await import('./stores.js');
  const running = localGateway();
  const env = running === null ? localEnvironment() : environmentOf(running);
  return [
    ...(await machineFindings(env, running)),
    ...(await storeFindings(env)),
    ...(await gatewayFindings(asked)),
    ...clientFindings(),
  ];
};

const gatewayFindings = async (asked: Asked): Promise<readonly Finding[]> => {
  try {
    const rest = await reach(asked);
    const notReady = Object.entries(await rest.whatIsNotReady());
    if (notReady.length > 0)
      return notReady.map(([name, reason]) => bad('gateway', `${name}: ${reason}`, 'see switchyard logs'));
    const response = await rest.open('/version');
    const { version } = (await response.json()) as { readonly version: string };
    const { upstreamFindings } = await import('./servers.js');
    const isLocal = localGateway()?.url === rest.url;
    return [
      ok('gateway', `${rest.url}, ${version}`),
      clockFinding(response.headers.get('date')),
      ...upstreamFindings(await upstreamsOf(rest), isLocal ? processEnvironment() : null),
    ];
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return [warn('gateway', error.message, 'switchyard up')];
  }
};

const clientFindings = (): readonly Finding[] =>
  knownClients('switchyard').flatMap(({ id, title, files }) =>
    files.map(({ path, isConnected, problem }) => {
      if (problem !== null) return bad(title, problem, 'mend the file');
      return isConnected
        ? ok(title, `knows the gateway by ${path}`)
        : ok(title, `not connected: switchyard client connect ${id}`);
    }),
  );

const MARKS = { ok: 'ok  ', warn: 'warn', bad: 'BAD ' } as const;

const textOf = (findings: readonly Finding[]): string => {
  const width = Math.max(...findings.map(({ what }) => what.length));
  return findings
    .flatMap(({ what, state, words, fix }) => [
      printable(`${MARKS[state]}  ${what.padEnd(width)}  ${words}`),
      ...(fix === undefined || state === 'ok' ? [] : [printable(`${' '.repeat(width + 8)}→ ${fix}`)]),
    ])
    .join('\n');
};
