import type { Dispatcher } from 'undici';

/** How the reader of a response holds it back, or gives it up. */
export class RelayController implements Dispatcher.DispatchController {
  paused = false;
  reason: Error | null = null;
  private readonly aborting = new AbortController();
  private wake: (() => void) | undefined;

  get aborted(): boolean {
    return this.reason !== null;
  }

  get signal(): AbortSignal {
    return this.aborting.signal;
  }

  abort(reason: Error): void {
    if (this.reason !== null) return;
    this.reason = reason;
    this.wake?.();
    this.aborting.abort(reason);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.wake?.();
    this.wake = undefined;
  }

  /** Resolves when the reader wants more, or nothing any more; nothing to wait for: `undefined`. */
  room(): Promise<void> | undefined {
    if (!this.paused || this.aborted) return undefined;
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}
