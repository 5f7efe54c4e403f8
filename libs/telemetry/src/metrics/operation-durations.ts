import { type DurationHistogram, type DurationSeries, durationHistogram } from './duration-histogram.js';

/** In seconds, as OpenTelemetry advises for MCP: https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/ */
const BOUNDARIES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

/** In the place of what would be one series too many. */
const OTHER = 'other';

interface Known {
  readonly labels: Readonly<Record<string, string>>;
  readonly durations: DurationSeries;
}

/** By the error type, by the method. A text made of all three costs each call more than it takes to look them up. */
type KnownOf = Map<string, Map<string, Known>>;

/**
 * How long operations of MCP take and how they end, by method, by one more label and by what they failed of. There are
 * never many more than `seriesMax` series, whatever is recorded: beyond, only the method is told apart.
 */
export class OperationDurations {
  private readonly histogram: DurationHistogram;
  /** By the label that is not the method or the error type. */
  private readonly known = new Map<string, KnownOf>();
  private seriesCount = 0;

  /** `byLabel`: the label that the two sides of the gateway do not have in common. */
  constructor(
    name: string,
    description: string,
    private readonly byLabel: string,
    private readonly seriesMax: number,
  ) {
    this.histogram = durationHistogram(name, description, BOUNDARIES);
  }

  /**
   * `method` is one of MCP; `errorType` the code of the failure, '' where there is none; `traceId` that of a trace that is
   * exported.
   */
  record(seconds: number, method: string, by: string, errorType: string, traceId?: string): void {
    const known = this.known.get(by)?.get(method)?.get(errorType) ?? this.add(method, by, errorType);
    known.durations.record(seconds, traceId);
  }

  /** Ends the series of what is not there any more. */
  keep(isThere: (by: string) => boolean): void {
    for (const [by, methods] of this.known) {
      if (by === OTHER || isThere(by)) continue;
      this.known.delete(by);
      for (const errorTypes of methods.values())
        for (const { labels } of errorTypes.values()) {
          this.seriesCount--;
          this.histogram.end(labels);
        }
    }
  }

  private add(method: string, by: string, errorType: string): Known {
    if (this.seriesCount >= this.seriesMax && by !== OTHER) return this.other(method, errorType);
    const labels = { mcp_method_name: method, [this.byLabel]: by, ...(errorType !== '' && { error_type: errorType }) };
    const known: Known = { labels, durations: this.histogram.of(labels) };
    const methods = getOrAdd(this.known, by, () => new Map());
    getOrAdd(methods, method, () => new Map()).set(errorType, known);
    this.seriesCount++;
    return known;
  }

  private other(method: string, errorType: string): Known {
    const error = errorType === '' ? '' : OTHER;
    return this.known.get(OTHER)?.get(method)?.get(error) ?? this.add(method, OTHER, error);
  }
}

const getOrAdd = <Value>(map: Map<string, Value>, key: string, make: () => Value): Value => {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
};
