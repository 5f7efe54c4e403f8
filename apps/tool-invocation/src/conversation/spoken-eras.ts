import type { Era } from '#contracts/tool-invocation/discover-upstream.request';
import { isModern } from '#libs/mcp';
import type { Verdict } from './era-probe.js';

/**
 * What one upstream speaks, as far as that has been found out. One that speaks both eras is spoken to in its client's, so
 * that what it offers in one of them alone is there for whom it is meant.
 */
export class SpokenEras {
  private found: Verdict | undefined;
  private foundAtMs = 0;
  /** Of an upstream that speaks 2026-07-28: whether it opens sessions too; only trying tells. */
  private opensSessions: boolean | undefined;
  private triedAtMs = 0;

  /** `only`: the era in which the upstream is spoken to whatever it and its clients speak. */
  constructor(readonly only: Era | null) {
    this.forget();
  }

  get verdict(): Verdict | undefined {
    return this.found;
  }

  get verdictAgeMs(): number {
    return performance.now() - this.foundAtMs;
  }

  /** In which era it is spoken to for a client of this revision; `undefined` until that has been found out. */
  eraFor(revision: string): Era | undefined {
    if (this.found?.era !== 'modern' || isModern(revision) || !this.mayOpenSessions) return this.found?.era;
    return 'legacy';
  }

  /** Of an upstream that speaks 2026-07-28: whether a session is worth a try. */
  get mayOpenSessions(): boolean {
    return this.only === null && this.opensSessions !== false;
  }

  /** It has opened a session before. */
  get hasOpenedSession(): boolean {
    return this.opensSessions === true;
  }

  /** Whether it may have learnt the other era since it was asked. */
  isDue(afterMs: number): boolean {
    if (this.only !== null || this.found === undefined) return false;
    const nowMs = performance.now();
    if (this.found.era === 'legacy') return nowMs - this.foundAtMs > afterMs;
    return this.opensSessions === false && nowMs - this.triedAtMs > afterMs;
  }

  /** Keeps what it was just found to speak. */
  settle(verdict: Verdict): void {
    this.found = verdict;
    this.foundAtMs = performance.now();
    if (verdict.era === 'legacy') this.opensSessions = true;
  }

  /** It speaks 2026-07-28 and was asked for a session. */
  triedSession(isOpen: boolean): void {
    this.opensSessions = isOpen;
    this.triedAtMs = performance.now();
  }

  /** A session is tried again when one is wanted next. */
  retrySessions(): void {
    if (this.opensSessions === false) this.opensSessions = undefined;
  }

  /** The next conversation finds out anew. */
  forget(): void {
    this.found = undefined;
    this.opensSessions = undefined;
    if (this.only === 'legacy') this.settle({ era: 'legacy' });
  }
}
