import { setTimeout as sleep } from 'node:timers/promises';
import { type Called, type Ending, type Target, callLegacy, callModern, openSession } from './caller.js';

export interface TrafficSettings {
  readonly modern: number;
  readonly legacy: number;
  /** Between the calls of one client. */
  readonly pauseMs: number;
  /** Every new client comes with one of these, so that auth has something to do. */
  readonly tokens: readonly string[];
}

/** Clients that call one after the other until they are stopped. Every call and how it ended is kept. */
export class Traffic {
  readonly calls: Called[] = [];
  private readonly clients: Promise<void>[];
  private stopping = false;
  private turn = 0;

  constructor(
    private readonly target: Omit<Target, 'token'>,
    private readonly settings: TrafficSettings,
  ) {
    const { modern, legacy } = settings;
    this.clients = [
      ...Array.from({ length: modern }, () => this.modernClient()),
      ...Array.from({ length: legacy }, () => this.legacyClient()),
    ];
  }

  count(kind: Ending['kind'], sinceMs = 0): number {
    return this.calls.filter(({ ending, startedAtMs }) => ending.kind === kind && startedAtMs >= sinceMs).length;
  }

  /** Until that many calls that began from now on have gone well, in each era that is at work. */
  async goesOn(calls: number, withinMs = 240_000): Promise<void> {
    const { modern, legacy } = this.settings;
    const fromMs = Date.now();
    const wentWell = (era: Called['era']): number =>
      this.calls.filter((call) => call.era === era && call.ending.kind === 'ok' && call.startedAtMs >= fromMs).length;
    const enough = (): boolean =>
      (modern === 0 || wentWell('modern') >= calls) && (legacy === 0 || wentWell('legacy') >= calls);
    while (!enough()) {
      if (Date.now() - fromMs > withinMs) {
        const last = JSON.stringify(this.calls.slice(-5).map(({ era, ending }) => ({ era, ending })));
        throw new Error(`the calls do not go on: ${wentWell('modern')} and ${wentWell('legacy')} of ${calls}; ${last}`);
      }
      await sleep(20);
    }
  }

  /** Resolves when the last call has its answer. */
  async stop(): Promise<readonly Called[]> {
    this.stopping = true;
    await Promise.all(this.clients);
    return this.calls;
  }

  private next(): Target {
    const { tokens } = this.settings;
    return { ...this.target, token: tokens[this.turn++ % tokens.length] ?? '' };
  }

  private async modernClient(): Promise<void> {
    while (!this.stopping) {
      this.calls.push(await callModern(this.next()));
      await sleep(this.settings.pauseMs);
    }
  }

  private async legacyClient(): Promise<void> {
    const target = this.next();
    let session: string | null = null;
    while (!this.stopping) {
      // A client that got no session tries again, as does one that is told that its own has ended.
      session ??= await openSession(target).catch(() => null);
      if (session !== null) {
        const called = await callLegacy(target, session);
        this.calls.push(called);
        if (called.ending.kind === 'refused' && called.ending.httpStatus === 404) session = null;
      }
      await sleep(this.settings.pauseMs);
    }
  }
}
