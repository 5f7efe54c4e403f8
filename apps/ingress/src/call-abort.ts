import type { AbortListener, Abortable } from '#libs/bus';

/**
 * The abort of one call: what an `AbortController` with its signal is, without their price, which is more than that of
 * finding the call its way.
 */
export class CallAbort implements Abortable {
  aborted = false;
  private listeners: AbortListener[] = [];

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    const { listeners } = this;
    this.listeners = [];
    for (const listener of listeners) {
      if (typeof listener === 'function') listener();
      else listener.handleEvent();
    }
  }

  addEventListener(_type: 'abort', listener: AbortListener): void {
    this.listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: AbortListener): void {
    const at = this.listeners.indexOf(listener);
    if (at >= 0) this.listeners.splice(at, 1);
  }
}
