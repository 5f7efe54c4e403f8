import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  ChildServer,
  type Gateway,
  type GatewayProcess,
  SERVICES,
  type Service,
  startGateway,
  startLedgerUpstream,
} from '#libs/testing';
import { auditWhenSettled, summaryOf } from '../../../apps/switchyard/test/traffic/audit.js';
import type { Called } from '../../../apps/switchyard/test/traffic/caller.js';
import { readBooks } from '../../../apps/switchyard/test/traffic/call-rows.js';
import { Registering, lostBy } from '../../../apps/switchyard/test/traffic/registering.js';
import { Traffic } from '../../../apps/switchyard/test/traffic/traffic.js';
import { startEdge } from '../edge.js';

export interface UpgradeRun {
  readonly calls: number;
  readonly registrations: number;
  readonly endings: Readonly<Record<string, number>>;
  /** Calls that did not go well, and what does not agree. */
  readonly flaws: readonly string[];
}

const root = resolve(import.meta.dirname, '../../..');
const REPLICAS = 2;
const HANGS_AFTER_MS = 25_000;
const STOPS_WITHIN_MS = 35_000;
const GOES_ON = 5;
/** Those that own tables first: their migrations may add, and take nothing away that the version before needs. */
const ORDER: readonly Service[] = ['auth', 'registry', 'metrics', 'tool-invocation', 'ingress'];

/** The process of this version that takes the place of one before, on its port, with its environment and folder. */
const successorOf = ({ service, url, server }: GatewayProcess): ChildServer => {
  const environment = readFileSync(`/proc/${server.pid}/environ`, 'utf8').split('\0').filter(Boolean);
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: { readonly start: string };
  };
  const flags = scripts.start.split(' ').filter((word) => word.startsWith('--'));
  return new ChildServer({
    command: process.execPath,
    args: [...flags, join(root, `dist/bin/${service}.js`)],
    cwd: root,
    env: Object.fromEntries(
      environment.map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
    ),
    probe: async () => {
      const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(2_000) });
      if (!response.ok) throw new Error(await response.text());
    },
    readyWithinMs: 110_000,
  });
};

export const runUpgrade = async (from: string, tell: (line: string) => void): Promise<UpgradeRun> => {
  const ledger = await startLedgerUpstream({ latencyMs: 15 });
  const closers: (() => Promise<unknown>)[] = [() => ledger.stop()];
  try {
    const env = { METRICS_BUFFER_FLUSH_INTERVAL: '5' };
    const gateway = await startGateway({ mode: 'distributed', replicas: REPLICAS, folder: resolve(from), env });
    closers.push(() => gateway.stop());
    const addresses = (without?: GatewayProcess) =>
      Object.fromEntries(
        SERVICES.map((service) => [
          service,
          gateway.processes
            .filter((one) => one.service === service && one !== without)
            .map(({ url }) => new URL(url).host),
        ]),
      );
    const edge = await startEdge({ addresses: addresses() });
    closers.push(() => edge.stop());
    const registered = await gateway.admin.register({ name: 'ledger', url: ledger.url, toolPrefix: '' });
    const server = await gateway.admin.createServer('the ledger', [registered]);
    const tokens = await Promise.all(
      Array.from({ length: 100 }, () => gateway.tokenFor({ email: 'admin@example.com', isAdmin: true })),
    );
    const target = { url: `${edge.url}/servers/${server.id}/mcp`, hangsAfterMs: HANGS_AFTER_MS, ownConnections: true };
    const traffic = new Traffic(target, { modern: 5, legacy: 3, pauseMs: 40, tokens });
    const operator = { url: edge.url, adminToken: gateway.adminToken, ownConnections: true };
    const registering = new Registering(operator, ledger.url, 'meanwhile');
    await Promise.all([traffic.goesOn(GOES_ON), registering.goesOn()]);
    const successors: ChildServer[] = [];
    closers.push(() => Promise.all(successors.toReversed().map((one) => one.stop(STOPS_WITHIN_MS))));
    for (const service of ORDER)
      for (let replica = 0; replica < REPLICAS; replica++) {
        const former = gateway.process(service, replica);
        const successor = successorOf(former);
        await edge.reload(addresses(former));
        const code = await former.server.stop(STOPS_WITHIN_MS);
        if (code !== 0)
          throw new Error(`${service} ${replica} did not stop by itself: ${code}\n${former.server.output}`);
        await successor.start();
        successors.push(successor);
        await edge.reload(addresses());
        await Promise.all([traffic.goesOn(GOES_ON), registering.goesOn()]);
        tell(`${service} ${replica}: ${traffic.calls.length} calls, ${traffic.count('ok')} well`);
      }
    const [calls, acknowledged] = await Promise.all([traffic.stop(), registering.stop()]);
    const failed = calls.filter(({ ending }) => ending.kind !== 'ok');
    const flaws = [
      ...failed.map(({ era, ending }) => `a call failed: ${era} ${JSON.stringify(ending)}`),
      ...registering.wrong,
      ...registering.refused,
      ...(await lostBy(gateway.process('registry').url, gateway.adminToken, acknowledged)),
      ...(await booksOf(gateway, calls, ledger.executions)),
    ];
    if (flaws.length > 0) tell(successors.map(({ output }) => output).join('\n'));
    return { calls: calls.length, registrations: acknowledged.length, endings: summaryOf(calls), flaws };
  } finally {
    for (const close of closers.toReversed()) await close();
  }
};

const booksOf = async (
  { postgres }: Gateway,
  calls: readonly Called[],
  executions: readonly string[],
): Promise<string[]> => {
  if (postgres === undefined) throw new Error('the harness runs a Postgres');
  return auditWhenSettled(calls, executions, () => readBooks(postgres.location), []);
};
