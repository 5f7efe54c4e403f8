/** Hands on one message at a time and keeps the others, so that a reader who is behind for a moment is not cut off. */
export class OrderedOutlet {
  private readonly waiting: string[] = [];
  private flushing: Promise<void> | null = null;
  private waitingChars = 0;

  /** `write` answers a promise while nothing more should be written. */
  constructor(private readonly write: (message: string) => void | Promise<void>) {}

  get backlogChars(): number {
    return this.waitingChars;
  }

  send(message: string): void | Promise<void> {
    if (this.flushing === null) {
      const writing = this.write(message);
      if (writing === undefined) return;
      this.flushing = writing.then(() => this.flush());
    } else {
      this.waiting.push(message);
      this.waitingChars += message.length;
    }
    return this.flushing;
  }

  private async flush(): Promise<void> {
    for (let message = this.waiting.shift(); message !== undefined; message = this.waiting.shift()) {
      this.waitingChars -= message.length;
      await this.write(message);
    }
    this.flushing = null;
  }
}
