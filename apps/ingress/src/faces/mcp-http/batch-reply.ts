import { joined } from '#libs/mcp';
import type { HttpReply, Reply } from '#libs/mcp-http';
import { bytesHeld } from '#libs/resilience';

/**
 * The answers to a batch: one array when the last is there, unless something has to be said before or it takes long;
 * then a stream, on which each answer is an event.
 * https://modelcontextprotocol.io/specification/2025-03-26/basic/transports#sending-messages-to-the-server
 */
export class BatchReply {
  /** Those that are to be sent together. */
  private answers: string[] = [];
  private waiting: number;
  private readonly settled = Promise.withResolvers<void>();

  constructor(
    requests: number,
    private readonly whole: HttpReply,
    private readonly plainJson: boolean,
  ) {
    this.waiting = requests;
  }

  member(): Reply {
    const { whole } = this;
    let answerBytes = 0;
    return {
      streams: whole.streams,
      get answerBytes() {
        return answerBytes;
      },
      correlate: (correlationId) => whole.correlate(correlationId),
      underWay: () => whole.underWay(),
      waits: () => {
        // The place is that of all its members, of which others may run.
      },
      goesOn: () => {
        // As above.
      },
      send: (message) => {
        if (!whole.streams) return;
        this.tellAnswers();
        return whole.send(message);
      },
      ask: (message) => {
        this.tellAnswers();
        whole.ask(message);
      },
      finish: (json) => {
        const message = joined(json);
        answerBytes = bytesHeld(message);
        this.settle(message);
      },
      hold: () => whole.hold(),
      pause: () => {
        // Batches are older than streams that may be closed early.
      },
      abandon: () => this.settle(null),
      // It waits for the others, and then for its client.
      unsent: () => this.settled.promise.then(() => whole.unsent() ?? undefined),
    };
  }

  private settle(message: string | null): void {
    this.waiting--;
    if (message !== null) this.answers.push(message);
    const streaming = this.whole.streaming || !this.plainJson;
    if (this.waiting > 0) {
      if (streaming) this.tellAnswers();
      return;
    }
    const last = streaming ? this.answers.pop() : `[${this.answers.join(',')}]`;
    if (streaming) this.tellAnswers();
    if (last === undefined || last === '[]') this.whole.abandon();
    else this.whole.finish(last, 200);
    this.settled.resolve();
  }

  /** What had waited for the others need not do so any more. */
  private tellAnswers(): void {
    for (const answer of this.answers) this.whole.tell(answer);
    this.answers = [];
  }
}
