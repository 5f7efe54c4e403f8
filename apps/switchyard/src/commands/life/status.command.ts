import type { Command } from 'commander';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { localGateway } from '../../local/data-folder.js';
import { agoOf } from '../../terminal/duration.js';
import { EXIT } from '../../terminal/failure.js';
import { say } from '../../terminal/output.js';
import { factsOf, tableOf } from '../../terminal/table.js';
import { newCommand } from '../new-command.js';
import { reasonOf, stateOf, type Upstream, upstreamsOf } from '../servers/upstream.js';

interface StatusOptions extends Asked {
  readonly json?: true;
}

interface Status {
  readonly url: string;
  readonly version: string;
  /** Of the gateway of this machine; null elsewhere. */
  readonly pid: number | null;
  readonly since: string | null;
  readonly dataDir: string | null;
  readonly log: string | null;
  /** What it is not ready for, by name. */
  readonly notReady: Readonly<Record<string, string>>;
  readonly servers: readonly { readonly name: string; readonly state: string; readonly reason: string }[];
}

/** `status`: ends with 3 where no gateway answers, with 1 where one is not ready. */
export const statusCommand = (): Command =>
  asksGateway(newCommand('status'))
    .summary('whether the gateway runs, and how its servers are')
    .description(
      'Says where the gateway is, which version, on which data, and how each server is and why. Ends with 3 where none answers, ' +
        'with 1 where it is not ready.',
    )
    .option('--json', 'print JSON')
    .action(async ({ json, ...asked }: StatusOptions) => {
      const status = await statusOf(asked);
      say(json === true ? JSON.stringify(status, null, 2) : textOf(status));
      if (Object.keys(status.notReady).length > 0) process.exitCode = EXIT.failed;
    });

const statusOf = async (asked: Asked): Promise<Status> => {
  const rest = await reach(asked);
  const [{ version }, notReady] = await Promise.all([
    rest.get<{ readonly version: string }>('/version'),
    rest.whatIsNotReady(),
  ]);
  const upstreams = Object.keys(notReady).length === 0 ? await upstreamsOf(rest) : [];
  const local = localGateway();
  const own = local?.url === rest.url ? local : null;
  return {
    url: rest.url,
    version,
    pid: own?.pid ?? null,
    since: own?.since ?? null,
    dataDir: own?.dataDir ?? null,
    log: own?.log ?? null,
    notReady,
    servers: upstreams.map((upstream: Upstream) => ({
      name: upstream.name,
      state: stateOf(upstream),
      reason: reasonOf(upstream),
    })),
  };
};

const textOf = ({ url, version, pid, since, dataDir, log, notReady, servers }: Status): string => {
  const reasons = Object.entries(notReady).map(([name, reason]) => `${name}: ${reason}`);
  const facts = factsOf({
    gateway: `${url}, Switchyard ${version}`,
    state: reasons.length === 0 ? 'ready' : `not ready: ${reasons.join('; ')}`,
    process: pid === null ? null : `${pid}, for ${agoOf(since)}`,
    data: dataDir,
    log,
  });
  if (servers.length === 0) return reasons.length > 0 ? facts : `${facts}\n\nNo server yet: switchyard import FILE`;
  return `${facts}\n\n${tableOf(servers, [
    ['server', ({ name }) => name],
    ['state', ({ state }) => state],
    ['reason', ({ reason }) => reason],
  ])}`;
};
