const MINUTE_MS = 60_000;

/** So many lines a minute of one kind, so that a flood of what they tell is no flood of lines; the rest is counted. */
export class LineBudget {
  private minute = -1;
  private written = 0;
  private untold = 0;

  constructor(
    private readonly perMinute: number,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** How many were left out since the last line, for this one to say; `null` where this one is left out as well. */
  take(): number | null {
    const minute = Math.floor(this.nowMs() / MINUTE_MS);
    if (minute !== this.minute) {
      this.minute = minute;
      this.written = 0;
    }
    if (this.written >= this.perMinute) {
      this.untold++;
      return null;
    }
    this.written++;
    const { untold } = this;
    this.untold = 0;
    return untold;
  }
}
