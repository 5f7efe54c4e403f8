import { useQuery } from '@tanstack/react-query';
import { type View, answerOf, api } from '../api/client.ts';
import { FailureNotice } from '../kit/notice.tsx';
import { State, type Tone } from '../kit/state.tsx';
import { Time } from '../kit/text.tsx';
import type { Upstream } from './upstream-state.tsx';

type Timeline = View<'GatewayTimelineView'>;

const STATES: Readonly<Record<Timeline['states'][number]['state'], readonly [Tone, string]>> = {
  up: ['ok', 'Up'],
  unreachable: ['bad', 'Unreachable'],
  off: ['off', 'Switched off'],
  never_reached: ['bad', 'Never reached'],
};
const STATES_SHOWN = 5;

/** How an upstream was, since when and why, and what its program wrote last: as it happens. */
export const UpstreamTimeline = ({ upstream: { id, transport } }: { readonly upstream: Upstream }) => {
  const timeline = useQuery({
    queryKey: ['timeline', id],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/gateways/{id}/timeline', { params: { path: { id } }, signal })),
  });
  if (timeline.isError) return <FailureNotice error={timeline.error} />;
  if (timeline.data === undefined) return null;
  const { states, program } = timeline.data;
  const [shown, older] = [states.slice(0, STATES_SHOWN), states.slice(STATES_SHOWN)];
  return (
    <>
      <section className="panel">
        <h2>Timeline</h2>
        {states.length === 0 ? <p className="quiet">Nothing is known of before.</p> : <States states={shown} />}
        {older.length > 0 && (
          <details>
            <summary>{older.length} before</summary>
            <States states={older} />
          </details>
        )}
      </section>
      {transport === 'STDIO' && program !== undefined && <Program lines={program} />}
    </>
  );
};

const States = ({ states }: { readonly states: Timeline['states'] }) => (
  <ol className="timeline">
    {states.map(({ at, state, reason }, index) => {
      const [tone, word] = STATES[state];
      return (
        <li key={`${at} ${index}`}>
          <Time at={at} />
          <div>
            <State tone={tone}>{word}</State>
            {reason && <p className="quiet small">{reason}</p>}
          </div>
        </li>
      );
    })}
  </ol>
);

const Program = ({ lines }: { readonly lines: NonNullable<Timeline['program']> }) => (
  <section className="panel">
    <h2>What its program writes</h2>
    {lines.length === 0 ? (
      <p className="quiet">Nothing to stderr so far, or not while this gateway has listened.</p>
    ) : (
      <pre tabIndex={0} aria-label="stderr, the newest line first" className="lines">
        {lines.map(lineOf).toReversed().join('\n')}
      </pre>
    )}
  </section>
);

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

const lineOf = ({ at, kind, text }: NonNullable<Timeline['program']>[number]): string => {
  const time = clock.format(new Date(at));
  switch (kind) {
    case 'wrote':
      return `${time}  ${text}`;
    case 'skipped':
      return `${time}  … ${text} lines were too many at once`;
    case 'started':
      return `${time}  — started: ${text}`;
    case 'ended':
      return `${time}  — ended: ${text}`;
  }
};
