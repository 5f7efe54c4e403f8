import { fail, toGatewayError } from '#libs/errors';
import { bytesHeld } from '#libs/resilience';
import type { OpenCall } from '../../call/open-call.js';
import type { Peer, PeerIdentity } from '../peer.js';
import type { Response } from '../request.js';
import { CallRefused, resultOf } from './answer.js';
import type { KeptContent, ReadyContent } from './contents.js';

/** A prompt or resource that is kept here, in the place of an MCP server that has nothing else. Nothing leaves the process. */
export class OwnPeer implements Peer {
  readonly closed = false;
  usedAtMs = performance.now();
  uses = 0;

  constructor(
    readonly identity: PeerIdentity,
    private readonly content: KeptContent,
  ) {}

  start(open: OpenCall): void {
    this.usedAtMs = performance.now();
    const content = this.content.find();
    if (!(content instanceof Promise)) return this.answer(open, content);
    this.uses++;
    content
      .then(
        (known) => this.answer(open, known),
        (error: unknown) => open.fail(toGatewayError(error)),
      )
      .finally(() => {
        this.uses--;
      });
  }

  request(method: string): Promise<Response> {
    return Promise.reject(fail('upstream.not_mcp', { message: `What is kept here has no ${method}`, executed: 'no' }));
  }

  /** It changes with its profile, and then there is another peer: whoever followed it hears of that. */
  watch(): void {}

  async watching(): Promise<void> {}

  /** It has no tasks. */
  followTasks(): () => void {
    return () => {};
  }

  retire(): void {}

  async close(): Promise<void> {}

  private answer(open: OpenCall, content: ReadyContent): void {
    if (open.ended) return;
    try {
      const text = JSON.stringify(resultOf(content, open.call, JSON.parse(open.paramsText) as Record<string, unknown>));
      open.held.set(bytesHeld(text));
      open.answer({ kind: 'result' }, text);
    } catch (error) {
      if (!(error instanceof CallRefused)) return open.fail(toGatewayError(error));
      const { code, message, data } = error;
      open.answer({ kind: 'error', error: { code, message, ...(data !== undefined && { data }) } });
    }
  }
}
