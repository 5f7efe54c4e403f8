import { type Claim, heldBytes } from '#libs/resilience';
import type { ResponseSink } from '../../transport/a2a/answer-reader.js';
import type { A2aRequest, A2aSender } from '../../transport/a2a/sender.js';

const PATIENCE_MS = 10_000;

/** The cancellation of a task. Whether the agent can still cancel it changes nothing for a caller that has gone. */
export class Farewell implements ResponseSink {
  readonly held: Claim;
  private timer: NodeJS.Timeout | undefined;

  constructor(principalId: string) {
    this.held = heldBytes.claim(principalId);
  }

  send(sender: A2aSender, request: A2aRequest): void {
    const reader = sender.send(request, this);
    this.timer = setTimeout(() => {
      reader.abandon();
      this.held.release();
    }, PATIENCE_MS).unref();
  }

  received(): void {}

  ended(): void {
    clearTimeout(this.timer);
    this.held.release();
  }

  failed(): void {
    this.ended();
  }
}
