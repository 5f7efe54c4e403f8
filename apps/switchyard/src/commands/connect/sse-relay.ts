import type { Relay, RelayOutput } from './relay.js';
import { type RelayedMessage, failureOf, isRequest, readRelayed } from '../../messages/relayed-message.js';
import { EVENT_STREAM, type ServerConnection, contentType, readEvents, reasonOf } from './server-connection.js';

const ENDPOINT_MS = 10_000;
const DELIVERY_MS = 10_000;

/** To a server on HTTP+SSE (2024-11-05): everything comes on one stream, each message goes by a POST of its own. */
export class SseRelay implements Relay {
  private readonly inHand = new Set<string>();
  private readonly closing = new AbortController();

  private constructor(
    private readonly server: ServerConnection,
    private readonly output: RelayOutput,
    private readonly endpoint: URL,
  ) {}

  /** `null` when the server has no such stream. `ended` is called when the stream ends by itself. */
  static async open(server: ServerConnection, output: RelayOutput, ended: () => void): Promise<SseRelay | null> {
    const opening = new AbortController();
    const timer = setTimeout(() => opening.abort(), ENDPOINT_MS);
    const { promise, resolve } = Promise.withResolvers<SseRelay | null>();
    try {
      const answer = await server.get({}, opening.signal);
      if (answer.statusCode !== 200 || contentType(answer) !== EVENT_STREAM) {
        await answer.body.dump();
        return null;
      }
      let relay: SseRelay | null = null;
      const reading = readEvents(answer, (event, data) => {
        if (event === 'message') relay?.receive(data);
        else if (event === 'endpoint' && relay === null) {
          const endpoint = URL.canParse(data, server.url.href) ? new URL(data, server.url) : null;
          // https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse
          if (endpoint?.origin === server.url.origin) relay = new SseRelay(server, output, endpoint);
          relay?.closing.signal.addEventListener('abort', () => opening.abort());
          resolve(relay);
        }
      });
      void reading.then(() => {
        resolve(null);
        relay?.lost(ended);
      });
      return await promise;
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  get waiting(): number {
    return this.inHand.size;
  }

  async take(text: string): Promise<void> {
    const message = readRelayed(text);
    const request = message !== null && isRequest(message) ? message : null;
    if (request !== null) this.inHand.add(JSON.stringify(request.id));
    try {
      const answer = await this.server.post(this.endpoint, text, {}, AbortSignal.timeout(DELIVERY_MS));
      await answer.body.dump();
      if (answer.statusCode >= 400) this.refused(request, `The server answered with status ${answer.statusCode}`);
    } catch (error) {
      this.refused(request, `The server cannot be reached: ${reasonOf(error)}`);
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.server.close();
  }

  private receive(data: string): void {
    const received = readRelayed(data);
    if (received === null) return;
    if (received.method === undefined) this.inHand.delete(JSON.stringify(received.id));
    this.output.emit(data);
  }

  private refused(request: RelayedMessage | null, reason: string): void {
    this.output.log(reason);
    if (request === null || !this.inHand.delete(JSON.stringify(request.id))) return;
    this.output.emit(failureOf(request.id, reason));
  }

  private lost(ended: () => void): void {
    if (this.closing.signal.aborted) return;
    for (const id of this.inHand) this.output.emit(failureOf(JSON.parse(id), 'The server ended the stream'));
    this.inHand.clear();
    ended();
  }
}
