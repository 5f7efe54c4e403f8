import { SeverityNumber } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { hrTimeOf } from '../metrics/duration-histogram.js';
import { logExporterTo } from './exporters.js';
import type { ExportSettings } from './target.js';

/** Something that happened, as a log record of OTLP. */
export interface SentEvent {
  /** `event.name` of the conventions. */
  readonly name: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly isWarning: boolean;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** Sends events by OTLP. Resolves when the collector has taken all of them; rejects otherwise. */
export type EventSender = (events: readonly SentEvent[]) => Promise<void>;

/** `ExportResultCode.SUCCESS`, of a package that is only there for others. */
const SUCCESS: number = 0;

/** Sends events as they come, without a queue: whoever sends them has one. */
export const openEventSender = async ({ resource, target }: Omit<ExportSettings, 'logger'>): Promise<EventSender> => {
  const exporter = await logExporterTo(target);
  const common = {
    resource: resourceFromAttributes(resource),
    instrumentationScope: { name: 'switchyard' },
    droppedAttributesCount: 0,
  };
  return (events) =>
    new Promise((resolve, reject) => {
      const records = events.map(({ name, atMs, isWarning, body, attributes }) => ({
        ...common,
        hrTime: hrTimeOf(atMs),
        hrTimeObserved: hrTimeOf(Date.now()),
        severityNumber: isWarning ? SeverityNumber.WARN : SeverityNumber.INFO,
        severityText: isWarning ? 'warn' : 'info',
        eventName: name,
        body,
        attributes: { ...attributes },
      }));
      exporter.export(records, ({ code, error }: { readonly code: number; readonly error?: Error }) => {
        if (code === SUCCESS) resolve();
        else reject(error ?? new Error('the collector has not taken the events'));
      });
    });
};
