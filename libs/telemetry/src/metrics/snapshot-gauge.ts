import type { Attributes } from '@opentelemetry/api';
import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { describedAs, hrTimeOf } from './duration-histogram.js';

/** One value of a gauge, and what it is of. */
export interface Reading {
  readonly labels: Attributes;
  readonly value: number;
}

interface SnapshotGauge {
  readonly name: string;
  readonly description: string;
  readonly read: () => Iterable<Reading>;
}

const gauges = new Set<SnapshotGauge>();

/**
 * Shows what `read` gives, and nothing else, whenever metrics are asked for: a series ends with what it is of. An observable
 * gauge of OpenTelemetry goes on showing the last value of every label that it ever had. What it returns takes the gauge away.
 */
export const snapshotGauge = (name: string, description: string, read: () => Iterable<Reading>): (() => void) => {
  const gauge: SnapshotGauge = { name, description, read };
  gauges.add(gauge);
  return () => gauges.delete(gauge);
};

/** As OpenTelemetry puts it; gauges of one name are one. */
export const collectSnapshots = (): MetricData[] => {
  const time = hrTimeOf(Date.now());
  return [...Map.groupBy(gauges, ({ name }) => name)].map(([name, same]) => ({
    ...describedAs(name, same[0]?.description ?? ''),
    dataPointType: DataPointType.GAUGE,
    dataPoints: same.flatMap(({ read }) =>
      [...read()].map(({ labels, value }) => ({ startTime: time, endTime: time, attributes: labels, value })),
    ),
  }));
};
