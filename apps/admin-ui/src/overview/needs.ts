import type { View } from '../api/client.ts';
import { pageUrl } from '../kit/route.ts';
import type { Tone } from '../kit/state.tsx';

/** Something that wants somebody's attention, and where to give it. */
export interface Need {
  readonly key: string;
  readonly tone: Tone;
  readonly title: string;
  readonly reason: string;
  readonly url: string;
}

const REFUSALS_SHOWN = 3;

type Upstream = View<'GatewayView'>;

const needOf = (upstream: Upstream): Need | null => {
  const { id, name, enabled, reachable, lastError, unreachableReason, findings, refused } = upstream;
  const url = pageUrl(['upstreams', id]);
  if (!enabled && lastError)
    return { key: id, tone: 'bad', title: `${name} was never reached`, reason: lastError, url };
  if (enabled && !reachable)
    return {
      key: id,
      tone: 'bad',
      title: `${name} is unreachable`,
      reason: unreachableReason ?? 'It does not answer',
      url,
    };
  const note = findings[0]?.finding ?? refused[0]?.reason;
  if (enabled && note !== undefined)
    return { key: id, tone: 'warn', title: `${name} offers something that is not shown as it is`, reason: note, url };
  return null;
};

const approvalOf = (waiting: number): readonly Need[] =>
  waiting === 0
    ? []
    : [
        {
          key: 'approvals',
          tone: 'warn',
          title: waiting === 1 ? '1 changed tool waits for approval' : `${waiting} changed tools wait for approval`,
          reason: 'Until then they are served as they were.',
          url: pageUrl(['approvals']),
        },
      ];

/** Upstreams that fail, changes of tools that wait (so many), then what was refused, by its reason. */
export const needsOf = (
  upstreams: readonly Upstream[],
  calls: readonly View<'CallView'>[],
  waiting = 0,
): readonly Need[] => {
  const failing = upstreams.map(needOf).filter((need) => need !== null);
  const refusals = [
    ...Map.groupBy(
      calls.filter(({ outcome }) => outcome === 'refused'),
      ({ why }) => why,
    ),
  ]
    .sort(([, one], [, other]) => other.length - one.length)
    .slice(0, REFUSALS_SHOWN)
    .map(([why, group]): Need => {
      const [first] = group;
      const times = group.length === 1 ? 'A call was' : `${group.length} calls were`;
      return {
        key: why,
        tone: 'warn',
        title: `${times} refused${first?.user ? ` to ${first.user}` : ''}`,
        reason: why,
        url:
          group.length === 1 && first !== undefined
            ? pageUrl(['calls', first.id])
            : pageUrl(['calls'], { outcome: 'refused', hours: '1' }),
      };
    });
  return [
    ...failing.filter(({ tone }) => tone === 'bad'),
    ...approvalOf(waiting),
    ...refusals,
    ...failing.filter(({ tone }) => tone !== 'bad'),
  ];
};
