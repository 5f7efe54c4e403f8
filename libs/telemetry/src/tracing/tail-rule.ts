/** Which spans go out though their trace is not sampled. */
export interface TailSettings {
  readonly keepsErrors: boolean;
  /** What takes longer is kept; 0: nothing is for that reason. */
  readonly slowMs: number;
  /** At most so many a second. */
  readonly perSecondMax: number;
}

/**
 * Keeps what failed or was slow. Each process decides for itself and needs no other: whatever a slow or failed piece of work
 * was done for has itself failed or taken as long, so what is kept hangs together.
 */
export class TailRule {
  private second = 0;
  private kept = 0;

  constructor(
    private readonly settings: TailSettings,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  keeps(tookMs: number, errorType: string): boolean {
    const { keepsErrors, slowMs, perSecondMax } = this.settings;
    const isKept = (keepsErrors && errorType !== '') || (slowMs > 0 && tookMs >= slowMs);
    if (!isKept) return false;
    const second = Math.floor(this.nowMs() / 1_000);
    if (second !== this.second) {
      this.second = second;
      this.kept = 0;
    }
    this.kept++;
    return this.kept <= perSecondMax;
  }
}
