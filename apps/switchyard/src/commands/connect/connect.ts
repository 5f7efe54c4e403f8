import { setTimeout as sleep } from 'node:timers/promises';
import { HttpRelay } from './http-relay.js';
import { LineSplitter, asLine } from '../../messages/line-splitter.js';
import type { Relay, RelayOutput } from './relay.js';
import { ServerConnection } from './server-connection.js';
import { SseRelay } from './sse-relay.js';

export interface ConnectChoices {
  readonly url: URL;
  readonly token: string | null;
}

/** How long answers may still come after the client has said its last word. */
const LAST_ANSWERS_MS = 1_500;
const POLL_MS = 20;
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** An MCP server on stdio that is really the one at `url`. Resolves when the client, or the server, is done. */
export const connect = async ({ url, token }: ConnectChoices): Promise<void> => {
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const output: RelayOutput = {
    emit: (message) => void process.stdout.write(asLine(message)),
    log: (line) => void process.stderr.write(`switchyard connect: ${line}\n`),
  };
  const server = new ServerConnection(url, token === null ? {} : { authorization: `Bearer ${token}` });
  let relay: Relay = new HttpRelay(server, output, async (text) => {
    const sse = await SseRelay.open(server, output, () => {
      output.log('the server ended the stream');
      end();
    });
    if (sse === null) return false;
    relay = sse;
    await sse.take(text);
    return true;
  });
  let order = Promise.resolve();
  const lines = new LineSplitter((line) => {
    order = order.then(() => relay.take(line));
  });
  process.stdin.on('data', (chunk: Buffer) => lines.push(chunk));
  process.stdin.once('end', () => {
    lines.flush();
    void order.then(() => answered(() => relay.waiting)).then(end);
  });
  process.stdin.once('error', end);
  process.stdout.once('error', end);
  for (const signal of SIGNALS) process.once(signal, end);
  await over;
  process.stdin.destroy();
  await relay.close();
};

const answered = async (waiting: () => number): Promise<void> => {
  for (let leftMs = LAST_ANSWERS_MS; waiting() > 0 && leftMs > 0; leftMs -= POLL_MS) await sleep(POLL_MS);
};
