import { AdminApi, type GatewayView } from '../../gateway/admin-api.js';
import type { Rest } from '../../gateway/rest.js';
import { CommandFailure } from '../../terminal/failure.js';
import { factsOf } from '../../terminal/table.js';

/** An upstream, as `GET /gateways` shows it. */
export interface Upstream extends GatewayView {
  readonly description: string | null;
  readonly unreachableSince: string | null;
  readonly unreachableReason: string | null;
  readonly eras: readonly string[];
  readonly protocolVersion: string | null;
  readonly lastRefreshAt: string | null;
  readonly visibility: string;
  readonly passthroughHeaders: readonly string[] | null;
  readonly warnings: readonly string[];
}

/** What is wanted of it and what it is, in a word. */
export const stateOf = ({ enabled, reachable, lastError }: Upstream): string => {
  if (!enabled) return lastError === null ? 'off' : 'never reached';
  return reachable ? 'up' : 'down';
};

/** Why it is not up. */
export const reasonOf = ({ reachable, unreachableReason, lastError }: Upstream): string =>
  reachable ? '' : (unreachableReason ?? lastError ?? '');

/** Its address, or its program. */
export const whereOf = ({ url, command, args = [] }: Upstream): string => url ?? [command, ...args].join(' ');

export const upstreamsOf = (rest: Rest): Promise<readonly Upstream[]> =>
  new AdminApi(rest).gateways() as Promise<readonly Upstream[]>;

/** By its name, slug or id. Throws where there is none. */
export const upstreamNamed = async (rest: Rest, name: string): Promise<Upstream> => {
  const all = await upstreamsOf(rest);
  const found = all.find((one) => one.name === name) ?? all.find(({ slug, id }) => slug === name || id === name);
  if (found === undefined) throw new CommandFailure(`there is no server ${name}; see servers ls`);
  return found;
};

export const upstreamText = (upstream: Upstream): string =>
  factsOf({
    name: upstream.name,
    id: upstream.id,
    state: stateOf(upstream),
    reason: reasonOf(upstream),
    since: upstream.unreachableSince,
    where: whereOf(upstream),
    transport: upstream.transport,
    eras: (upstream.eras ?? []).join(', '),
    revision: upstream.protocolVersion,
    offers: `${upstream.toolCount} tools, ${upstream.resourceCount} resources, ${upstream.promptCount} prompts`,
    listed: upstream.lastRefreshAt,
    visibility: upstream.visibility,
    'passed headers': (upstream.passthroughHeaders ?? []).join(', '),
    warnings: (upstream.warnings ?? []).join('; '),
  });
