import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import { AggregationTemporality, type DataPoint, DataPointType, type ScopeMetrics } from '@opentelemetry/sdk-metrics';

/** In seconds. */
const BOUNDARIES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Of the requests to one route by one method. */
interface Figures {
  readonly byStatus: Map<number, number>;
  /** Requests per bucket; the last one is for what is beyond all boundaries. */
  readonly buckets: number[];
  timed: number;
  seconds: number;
}

/**
 * What is counted for each HTTP request, by labels that are few: templates of routes, known methods, statuses. Kept
 * here and not in instruments, which sort and hash their labels with every measurement: that was a good part of what an
 * answer from memory costs.
 */
export class HttpTraffic {
  private readonly startTime: HrTime = hrTimeOf(Date.now());
  private readonly routes = new Map<string, Map<string, Figures>>();

  answered(method: string, route: string, status: number, seconds: number): void {
    const figures = this.figuresOf(method, route);
    figures.byStatus.set(status, (figures.byStatus.get(status) ?? 0) + 1);
    let bucket = 0;
    while (bucket < BOUNDARIES.length && seconds > (BOUNDARIES[bucket] as number)) bucket++;
    figures.buckets[bucket] = (figures.buckets[bucket] as number) + 1;
    figures.timed++;
    figures.seconds += seconds;
  }

  /** Counted, and not timed: nothing was done for it. */
  refused(method: string, status: number): void {
    const { byStatus } = this.figuresOf(method, 'refused');
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  }

  /** As OpenTelemetry puts it. */
  collect(): ScopeMetrics {
    const requests: DataPoint<number>[] = [];
    const durations: DataPoint<ReturnType<typeof histogramOf>>[] = [];
    const { startTime } = this;
    const endTime = hrTimeOf(Date.now());
    const point = <Value>(attributes: Attributes, value: Value): DataPoint<Value> => ({
      startTime,
      endTime,
      attributes,
      value,
    });
    for (const [route, methods] of this.routes) {
      for (const [method, figures] of methods) {
        for (const [status, count] of figures.byStatus) requests.push(point({ method, route, status }, count));
        if (figures.timed > 0) durations.push(point({ method, route }, histogramOf(figures)));
      }
    }
    return {
      scope: { name: 'switchyard' },
      metrics: [
        {
          ...describedAs('http_requests_total', 'HTTP requests answered, by method, route and status.'),
          dataPointType: DataPointType.SUM,
          isMonotonic: true,
          dataPoints: requests,
        },
        {
          ...describedAs('http_request_duration_seconds', 'Time from the head of a request to the end of its answer.'),
          dataPointType: DataPointType.HISTOGRAM,
          dataPoints: durations,
        },
      ],
    };
  }

  private figuresOf(method: string, route: string): Figures {
    let methods = this.routes.get(route);
    if (methods === undefined) this.routes.set(route, (methods = new Map()));
    let figures = methods.get(method);
    if (figures === undefined) {
      figures = {
        byStatus: new Map(),
        buckets: Array.from({ length: BOUNDARIES.length + 1 }, () => 0),
        timed: 0,
        seconds: 0,
      };
      methods.set(method, figures);
    }
    return figures;
  }
}

const hrTimeOf = (epochMs: number): HrTime => [Math.floor(epochMs / 1_000), (epochMs % 1_000) * 1e6];

const describedAs = (name: string, description: string) => ({
  descriptor: { name, description, unit: '', valueType: ValueType.DOUBLE },
  aggregationTemporality: AggregationTemporality.CUMULATIVE,
});

const histogramOf = ({ buckets, timed, seconds }: Figures) => ({
  buckets: { boundaries: BOUNDARIES, counts: [...buckets] },
  count: timed,
  sum: seconds,
});

/** Of this process. */
export const httpTraffic = new HttpTraffic();
