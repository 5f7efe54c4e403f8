/** One process as somebody with a token meets it. */
export interface Door {
  readonly url: string;
  readonly token: string;
}

export interface AskedDoor {
  readonly status: number;
  readonly text: string;
}

/** How long an ending took until the last process knew it, in milliseconds. */
export interface Ending {
  /** From the request that asked for it. */
  readonly ms: number;
  /** From its answer; none where everybody knew before. */
  readonly afterAnswerMs: number;
  /** What a call took just before, which is how finely it is measured. */
  readonly callMs: number;
}

/** Before what a process has verified would have to be verified anew. */
const GIVEN_UP_MS = 120_000;

export const ask = async ({ url, token }: Door, method: string, params: object = {}): Promise<AskedDoor> => {
  const response = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: headersOf(token),
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return { status: response.status, text: await response.text() };
};

/** An open stream of a session; `ended` resolves with the time by `performance.now()`. */
export const openStream = async ({ url, token }: Door): Promise<{ readonly ended: Promise<number> }> => {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'listener', version: '1' } };
  const begun = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: headersOf(token),
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
  });
  await begun.text();
  const session = begun.headers.get('mcp-session-id') ?? '';
  const stream = await fetch(`${url}/mcp`, {
    headers: { ...headersOf(token), accept: 'text/event-stream', 'mcp-session-id': session },
  });
  if (stream.status !== 200) throw new Error(`no stream: ${stream.status}`);
  const end = () => performance.now();
  return { ended: stream.text().then(end, end) };
};

/**
 * Asks every process in turn, without a pause, while something ends. `isOver`: what an answer says then; every process has to have
 * said something else before.
 */
export const measureEnding = async (
  end: () => Promise<unknown>,
  doors: readonly (() => Promise<AskedDoor>)[],
  isOver: (answer: AskedDoor) => boolean,
  streams: readonly { readonly ended: Promise<number> }[] = [],
): Promise<Ending> => {
  const beforeMs = performance.now();
  for (const door of doors) {
    const answer = await door();
    if (isOver(answer)) throw new Error(`it is over already: ${answer.status} ${answer.text.slice(0, 200)}`);
  }
  const fromMs = performance.now();
  const giveUpAtMs = fromMs + GIVEN_UP_MS;
  const callMs = (fromMs - beforeMs) / doors.length;
  const knows = async (door: () => Promise<AskedDoor>): Promise<number> => {
    let said: AskedDoor;
    do {
      said = await door();
      if (isOver(said)) return performance.now();
    } while (performance.now() < giveUpAtMs);
    throw new Error(`a process does not know: ${said.status} ${said.text.slice(0, 200)}`);
  };
  const [answeredMs, ...known] = await Promise.all([
    end().then(() => performance.now()),
    ...doors.map(knows),
    ...streams.map(({ ended }) => ended),
  ]);
  const lastMs = Math.max(...known);
  return { ms: lastMs - fromMs, afterAnswerMs: Math.max(0, lastMs - answeredMs), callMs };
};

const headersOf = (token: string) => ({
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
});
