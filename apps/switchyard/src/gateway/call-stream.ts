import { EventStreamReader, textOf } from '#libs/mcp';
import { type Query, type Rest, searchOf } from './rest.js';

const EVENT_BYTES_MAX = 65_536;

interface Watching {
  readonly signal?: AbortSignal;
  readonly onEvent: (event: string, data: string) => void;
}

/** Calls as they happen. Resolves at the end of the stream; rejects where it cannot be had. */
export const watchCalls = async (rest: Rest, query: Query, { signal, onEvent }: Watching): Promise<void> => {
  const response = await rest.open(`/v1/tap${searchOf(query)}`, {
    headers: { accept: 'text/event-stream' },
    ...(signal !== undefined && { signal }),
  });
  const reader = new EventStreamReader(({ event, data }) => onEvent(event, textOf(data)), {
    eventBytesMax: EVENT_BYTES_MAX,
  });
  for await (const chunk of response.body ?? []) reader.push(Buffer.from(chunk));
};
