import type { AddressStanding } from '#contracts/tool-invocation/health/check-upstream.request';
import type { UpstreamAddress } from '#contracts/registry/resolve-upstream.request';

/** So many failures in a row, of calls or checks, eject an address. */
const FAILURES_MAX = 2;
/** From the ejection to the first look whether it is back; twice as long after each that finds it away. */
const EJECTED_MS = 5_000;
const EJECTED_MS_MAX = 60_000;

type Clock = () => number;

/** One of several addresses of an upstream, and what is known of it. */
export class Address<Line> {
  failures = 0;
  /** 0 while it is active. */
  waitMs = 0;
  /** Of the clock of its book: when it is looked at again. */
  lookAtMs = 0;
  /** Why it failed last; null: it answered. */
  reason: string | null = null;
  /** Since when it is ejected or active. */
  since = new Date();
  /** What it is owed of the turns of its group. */
  credit = 0;

  constructor(
    /** Without what of it is secret. */
    readonly url: string,
    readonly priority: number,
    readonly weight: number,
    /** How it is reached. */
    readonly line: Line,
  ) {}

  get isEjected(): boolean {
    return this.waitMs > 0;
  }
}

/**
 * The addresses of one upstream. Those of the lowest priority number take turns by weight; one that has failed again and
 * again is ejected and takes none until it answers, but for the last. Whoever meets an address reports what came of it.
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier
 */
export class AddressBook<Line> {
  readonly addresses: readonly Address<Line>[];

  /** `onChange`: an address was ejected, or is active again. */
  constructor(
    addresses: readonly (UpstreamAddress & { readonly line: Line })[],
    private readonly onChange: (address: Address<unknown>) => void = () => {},
    private readonly now: Clock = () => performance.now(),
  ) {
    this.addresses = addresses.map(({ url, priority, weight, line }) => new Address(url, priority, weight, line));
  }

  /**
   * Where the next request goes, leaving out those it has been to. An ejected address is the last resort: it may have come
   * back. `undefined` where none is left.
   */
  pick(tried?: ReadonlySet<Address<Line>>): Address<Line> | undefined {
    const left = tried === undefined ? this.addresses : this.addresses.filter((address) => !tried.has(address));
    const active = left.filter(({ isEjected }) => !isEjected);
    if (active.length === 0) return left.toSorted((one, other) => one.lookAtMs - other.lookAtMs)[0];
    const first = Math.min(...active.map(({ priority }) => priority));
    return byTurns(active.filter(({ priority }) => priority === first));
  }

  /** Whether another address is active. */
  hasOther(than: Address<Line>): boolean {
    return this.addresses.some((address) => address !== than && !address.isEjected);
  }

  /** Whether one of them can be expected to answer. */
  get hasSound(): boolean {
    return this.addresses.some(({ isEjected, failures }) => !isEjected && failures === 0);
  }

  answered(address: Address<Line>): void {
    address.failures = 0;
    address.reason = null;
    if (!address.isEjected) return;
    address.waitMs = 0;
    address.credit = 0;
    address.since = new Date();
    this.onChange(address);
  }

  /** `reason`: in words for whoever runs the gateway. */
  failed(address: Address<Line>, reason: string): void {
    address.failures++;
    address.reason = reason;
    const wasEjected = address.isEjected;
    // Failures of what was under way when it was ejected do not put the next look off.
    if (wasEjected && this.now() < address.lookAtMs) return;
    if (!wasEjected && (address.failures < FAILURES_MAX || !this.hasOther(address))) return;
    address.waitMs = wasEjected ? Math.min(address.waitMs * 2, EJECTED_MS_MAX) : EJECTED_MS;
    address.lookAtMs = this.now() + address.waitMs;
    if (wasEjected) return;
    address.since = new Date();
    this.onChange(address);
  }

  /** Ejected addresses that it is time to look at. */
  due(): Address<Line>[] {
    return this.addresses.filter(({ isEjected, lookAtMs }) => isEjected && this.now() >= lookAtMs);
  }

  standings(): AddressStanding[] {
    return this.addresses.map(({ url, isEjected, reason, since }) => ({
      url,
      state: isEjected ? 'ejected' : 'active',
      reason,
      since: since.toISOString(),
    }));
  }
}

/** Smooth weighted round robin: however the weights are, no address gets its turns all at once. */
const byTurns = <Line>(group: readonly Address<Line>[]): Address<Line> => {
  let total = 0;
  let next = group[0] as Address<Line>;
  for (const address of group) {
    total += address.weight;
    address.credit += address.weight;
    if (address.credit > next.credit) next = address;
  }
  next.credit -= total;
  return next;
};
