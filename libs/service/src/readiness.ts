/** `null` when well, else the reason. */
type Check = () => string | null;
type Probe = () => Promise<void>;

/** Why a probe fails, in words that may be shown to everybody. */
export class NotReady extends Error {}

const FRESH_MS = 1_000;
const PROBE_TIMEOUT_MS = 1_000;

interface ProbeState {
  readonly probe: Probe;
  checkedAtMs: number;
  reason: string | null;
  running: Promise<void> | null;
}

/** Whether this process can do its work now. Asked by `/ready`; never by `/health`. */
export class Readiness {
  private readonly checks = new Map<string, Check>();
  private readonly probes = new Map<string, ProbeState>();
  private readonly oddities = new Map<string, Check>();

  /** A check that costs nothing. */
  add(name: string, check: Check): void {
    this.checks.set(name, check);
  }

  /** A check that asks somebody: run at most once a second, and given a second to answer. */
  addProbe(name: string, probe: Probe): void {
    this.probes.set(name, { probe, checkedAtMs: Number.NEGATIVE_INFINITY, reason: 'not checked yet', running: null });
  }

  /** A check of what is wrong but does not keep the process from its work. */
  addWarning(name: string, check: Check): void {
    this.oddities.set(name, check);
  }

  /**
   * Whether what the process asks of others answers, by name, as was last seen. Whoever is asked is asked again, so that the next one
   * who wants to know it is told of now.
   */
  dependencies(): Record<string, boolean> {
    const answering: Record<string, boolean> = {};
    for (const [name, state] of this.probes) {
      answering[name] = state.reason === null;
      void refresh(state);
    }
    const bus = this.checks.get('bus');
    if (bus !== undefined) answering['bus'] = bus() === null;
    return answering;
  }

  /** What is wrong, by name, and does not matter to whether it is ready. */
  warnings(): Record<string, string> {
    return failing(this.oddities);
  }

  /** Why not, by name; empty when ready. */
  async reasons(): Promise<Record<string, string>> {
    await Promise.all([...this.probes.values()].map(refresh));
    const reasons = failing(this.checks);
    for (const [name, { reason }] of this.probes) if (reason !== null) reasons[name] = reason;
    return reasons;
  }
}

const failing = (checks: ReadonlyMap<string, Check>): Record<string, string> => {
  const reasons: Record<string, string> = {};
  for (const [name, check] of checks) {
    const reason = check();
    if (reason !== null) reasons[name] = reason;
  }
  return reasons;
};

const refresh = (state: ProbeState): Promise<void> => {
  if (performance.now() - state.checkedAtMs < FRESH_MS) return Promise.resolve();
  state.running ??= run(state).finally(() => {
    state.running = null;
  });
  return state.running;
};

const run = async (state: ProbeState): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    // Where this process stood still, the answer may have come before the time was over, and is read only now.
    timer = setTimeout(() => setImmediate(() => reject(new Error('late'))), PROBE_TIMEOUT_MS);
  });
  try {
    await Promise.race([state.probe(), late]);
    state.reason = null;
  } catch (error) {
    // Any other cause may name hosts or users; `/ready` is open to everybody.
    state.reason = error instanceof NotReady ? error.message : 'not reachable';
  } finally {
    clearTimeout(timer);
    state.checkedAtMs = performance.now();
  }
};
