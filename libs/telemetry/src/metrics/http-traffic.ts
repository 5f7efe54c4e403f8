import type { Attributes, HrTime } from '@opentelemetry/api';
import { type DataPoint, DataPointType, type ScopeMetrics } from '@opentelemetry/sdk-metrics';
import {
  DurationHistogram,
  type DurationSeries,
  type HistogramForm,
  describedAs,
  hrTimeOf,
} from './duration-histogram.js';
import type { NativeCounts } from './native-buckets.js';

/** In seconds. */
const BOUNDARIES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Of the requests to one route by one method. */
interface Figures {
  readonly byStatus: Map<number, number>;
  /** Absent while all of them were refused. */
  durations: DurationSeries | null;
}

/**
 * What is counted for each HTTP request, by labels that are few: templates of routes, known methods, statuses. Kept
 * here and not in instruments, for the reason that `DurationHistogram` gives.
 */
export class HttpTraffic {
  private readonly startTime: HrTime = hrTimeOf(Date.now());
  private readonly routes = new Map<string, Map<string, Figures>>();
  private readonly durations = new DurationHistogram(
    'http_request_duration_seconds',
    'Time from the head of a request to the end of its answer.',
    BOUNDARIES,
  );

  answered(method: string, route: string, status: number, seconds: number): void {
    const figures = this.figuresOf(method, route);
    figures.byStatus.set(status, (figures.byStatus.get(status) ?? 0) + 1);
    figures.durations ??= this.durations.of({ method, route });
    figures.durations.record(seconds);
  }

  /** Counted, and not timed: nothing was done for it. */
  refused(method: string, status: number): void {
    const { byStatus } = this.figuresOf(method, 'refused');
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  }

  nativeCounts(): [series: string, counts: NativeCounts][] {
    return [...this.durations.nativeCounts()];
  }

  /** As OpenTelemetry puts it. */
  collect(form: HistogramForm = 'explicit'): ScopeMetrics {
    const requests: DataPoint<number>[] = [];
    const { startTime } = this;
    const endTime = hrTimeOf(Date.now());
    const point = (attributes: Attributes, value: number): DataPoint<number> => ({
      startTime,
      endTime,
      attributes,
      value,
    });
    for (const [route, methods] of this.routes) {
      for (const [method, { byStatus }] of methods)
        for (const [status, count] of byStatus) requests.push(point({ method, route, status }, count));
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
        this.durations.collect(form),
      ],
    };
  }

  private figuresOf(method: string, route: string): Figures {
    let methods = this.routes.get(route);
    if (methods === undefined) this.routes.set(route, (methods = new Map()));
    let figures = methods.get(method);
    if (figures === undefined) methods.set(method, (figures = { byStatus: new Map(), durations: null }));
    return figures;
  }
}

/** Of this process. */
export const httpTraffic = new HttpTraffic();
