type Hook = () => Promise<void>;

/** What the modules of a process want done when it stops, in the order in which it stops. */
export class Lifecycle {
  private readonly stopping: Hook[] = [];
  private readonly flushing: Hook[] = [];

  /** Runs as soon as the server stops accepting: open streams are told to end. */
  onStopping(hook: Hook): void {
    this.stopping.push(hook);
  }

  /**
   * Runs when the last HTTP request is answered, and again when the last bus request is: what was collected is sent
   * while the bus still carries it.
   */
  onFlush(hook: Hook): void {
    this.flushing.push(hook);
  }

  async runStopping(): Promise<void> {
    await Promise.allSettled(this.stopping.map((hook) => hook()));
  }

  async runFlush(): Promise<void> {
    await Promise.allSettled(this.flushing.map((hook) => hook()));
  }
}
