import { toGatewayError } from '#libs/errors';
import { bytesHeld } from '#libs/resilience';
import type { OpenCall } from '../../call/open-call.js';
import type { PeerIdentity } from '../peer.js';
import { QuietPeer } from '../quiet-peer.js';
import { CallRefused, resultOf } from './answer.js';
import type { KeptContent, ReadyContent } from './contents.js';

/**
 * A prompt or resource that is kept here, in the place of an MCP server that has nothing else. Nothing leaves the process.
 * It changes with its profile, and then there is another peer: whoever followed it hears of that.
 */
export class OwnPeer extends QuietPeer {
  uses = 0;

  constructor(
    identity: PeerIdentity,
    private readonly content: KeptContent,
  ) {
    super(identity, 'What is kept here');
  }

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
