import { useQuery } from '@tanstack/react-query';
import type { View } from '../api/client.ts';
import { callsQuery } from '../api/queries.ts';
import { Notice } from '../kit/notice.tsx';
import { State } from '../kit/state.tsx';
import { duration, plain } from '../kit/text.tsx';

const RECORD_POLL_MS = 700;
const RECORD_TRIES = 12;

/** What came of a call: how it ended, in whose time, and what it brought. */
export const CallOutcome = ({ answer }: { readonly answer: View<'ToolCallView'> }) => {
  const { result, error, notifications } = answer;
  const isFailed = error !== null || result?.['isError'] === true;
  return (
    <div className="stack appears">
      <div className="row apart">
        <State tone={isFailed ? 'bad' : 'ok'}>{headline(answer)}</State>
        <TimeSplit answer={answer} />
      </div>
      {error !== null && (
        <Notice tone="bad">
          <strong>{error.message}</strong>
          <p className="next">
            <code>{plain(error.data?.['reason'] ?? error.code)}</code>
          </p>
        </Notice>
      )}
      {contentOf(result).map((part, at) => (
        <Part key={at} part={part} />
      ))}
      {result?.['structuredContent'] !== undefined && (
        <div className="stack">
          <h3>Structured content</h3>
          <pre tabIndex={0}>{JSON.stringify(result['structuredContent'], null, 2)}</pre>
        </div>
      )}
      {notifications.length > 0 && (
        <details>
          <summary>{notifications.length} messages came before it</summary>
          <pre tabIndex={0}>{notifications.map((note) => JSON.stringify(note)).join('\n')}</pre>
        </details>
      )}
      <details>
        <summary>The whole answer</summary>
        <pre tabIndex={0}>{JSON.stringify(result ?? error, null, 2)}</pre>
      </details>
    </div>
  );
};

const headline = ({ result, error }: View<'ToolCallView'>): string => {
  if (error !== null) return 'Failed';
  return result?.['isError'] === true ? 'The tool says that it failed' : 'Done';
};

/** Our time beside the upstream's, once the record of the call is there. */
const TimeSplit = ({ answer: { latencyMs, traceId } }: { readonly answer: View<'ToolCallView'> }) => {
  const record = useQuery({
    ...callsQuery({ traceId, limit: 1 }),
    refetchInterval: ({ state }) =>
      (state.data?.calls.length ?? 0) > 0 || state.dataUpdateCount >= RECORD_TRIES ? false : RECORD_POLL_MS,
  });
  const call = record.data?.calls[0];
  if (call?.upstreamMs === null || call?.upstreamMs === undefined)
    return <span className="quiet num">{duration(latencyMs)}</span>;
  return (
    <span className="quiet num">
      {duration(call.latencyMs)}: gateway {duration(call.gatewayMs)}, upstream {duration(call.upstreamMs)}
    </span>
  );
};

type Content = Readonly<Record<string, unknown>>;

const contentOf = (result: Content | null): readonly Content[] =>
  Array.isArray(result?.['content']) ? (result['content'] as Content[]) : [];

const IMAGE = /^image\/(png|jpeg|gif|webp)$/;

const Part = ({ part }: { readonly part: Content }) => {
  const { type, text, data, mimeType, uri, name, resource } = part;
  if (type === 'text') return <pre tabIndex={0}>{plain(text)}</pre>;
  if (type === 'image' && IMAGE.test(plain(mimeType)))
    return <img className="shown" src={`data:${plain(mimeType)};base64,${plain(data)}`} alt="From the tool" />;
  if (type === 'resource_link')
    return (
      <p>
        Resource {typeof name === 'string' && <strong>{name}</strong>} <code>{plain(uri)}</code>
      </p>
    );
  const held = (resource ?? {}) as Content;
  if (type === 'resource' && typeof held['text'] === 'string')
    return (
      <div className="stack">
        <h3>
          <code>{plain(held['uri'])}</code>
        </h3>
        <pre tabIndex={0}>{held['text']}</pre>
      </div>
    );
  return (
    <p className="quiet">
      {plain(type)}
      {mimeType !== undefined && `, ${plain(mimeType)}`}: see the whole answer
    </p>
  );
};
