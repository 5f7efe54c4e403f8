import type { Reply } from './reply.js';

/**
 * The answers to a batch (2025-03-26), as one array when the last is there. What would have come ahead of an answer has
 * no place in it.
 */
export class BatchReply {
  private readonly answers: string[] = [];
  private waiting: number;

  constructor(
    requests: number,
    private readonly answer: (text: string) => void,
  ) {
    this.waiting = requests;
  }

  member(): Reply {
    const settle = (message: string | null): void => {
      if (message !== null) this.answers.push(message);
      if (--this.waiting === 0) this.answer(`[${this.answers.join(',')}]`);
    };
    return {
      streams: false,
      send: () => {},
      hold: () => {},
      finish: (message) => settle(message),
      abandon: () => settle(null),
    };
  }
}
