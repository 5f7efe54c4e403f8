import { lookup, type LookupAddress } from 'node:dns';

/** Of the four threads that the process has for files, hashes and names; a sick name may hold one for half a minute. */
const THREADS_MAX = 1;

/**
 * Asks the system, which knows names that no name server does: of mDNS, of a VPN, of other sources in nsswitch.conf. It
 * does so on a thread of the shared pool and cannot be stopped, so few may be under way; the rest wait their turn.
 */
export class SystemLookup {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** `signal` ends the waiting for a turn. Rejects with the error of `getaddrinfo`. */
  async ask(name: string, signal: AbortSignal): Promise<readonly LookupAddress[]> {
    while (this.running >= THREADS_MAX) await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (signal.aborted) {
      this.waiting.shift()?.();
      throw signal.reason;
    }
    this.running++;
    return new Promise((resolve, reject) => {
      lookup(name, { all: true }, (error, addresses) => {
        this.running--;
        this.waiting.shift()?.();
        if (error) reject(error);
        else resolve(addresses);
      });
    });
  }
}
