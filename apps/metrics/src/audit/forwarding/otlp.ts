import type { EventSender, SentEvent } from '#libs/telemetry';
import type { ProvenRecordView } from '../audit.view.js';
import type { Destination } from './destination.js';

/** A collector of OpenTelemetry: each record a log record, whose body is the record as an export has it. */
export const otlpDestination = (open: () => Promise<EventSender>): Destination => {
  let opening: Promise<EventSender> | null = null;
  return {
    name: 'otlp',
    async send(records) {
      const send = await (opening ??= open());
      await send(records.map((record) => eventOf(record)));
    },
  };
};

const eventOf = (record: ProvenRecordView): SentEvent => ({
  name: `audit.${record.action}`,
  atMs: Date.parse(record.at),
  isWarning: record.severity === 'warning',
  body: JSON.stringify(record),
  attributes: {
    'audit.seq': record.seq,
    'audit.category': record.category,
    'audit.severity': record.severity,
    ...(record.actor.id !== null && { 'enduser.id': record.actor.id }),
    ...(record.resource.id !== null && { 'audit.resource.id': record.resource.id }),
  },
});
