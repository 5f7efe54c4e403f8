import type { AbortListener, Abortable } from '#libs/bus';

/**
 * The abort of one call: what an `AbortController` with its signal is, without their price, which is more than that of
 * finding the call its way.
 */
export class CallAbort implements Abortable {
  aborted = false;
  private listeners: AbortListener[] = [];
  private controller: AbortController | undefined;

  /** A real one, for what takes nothing less. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.aborted) this.controller.abort();
    }
    return this.controller.signal;
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    const { listeners } = this;
    this.listeners = [];
    for (const listener of listeners) {
      if (typeof listener === 'function') listener();
      else listener.handleEvent();
    }
    this.controller?.abort();
  }

  addEventListener(_type: 'abort', listener: AbortListener): void {
    this.listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: AbortListener): void {
    const at = this.listeners.indexOf(listener);
    if (at >= 0) this.listeners.splice(at, 1);
  }
}
