import type { EventSender } from '#libs/telemetry';
import type { AuditSettings } from '../../metrics.settings.js';
import type { Destination } from './destination.js';
import { otlpDestination } from './otlp.js';
import { syslogDestination } from './syslog.js';
import { webhookDestination } from './webhook.js';

/** Those that the settings name. */
export const destinationsOf = (
  { syslogUrl, webhook, isSentByOtlp }: AuditSettings,
  openSender: () => Promise<EventSender>,
): readonly Destination[] => [
  ...(syslogUrl === null ? [] : [syslogDestination(syslogUrl)]),
  ...(webhook === null ? [] : [webhookDestination(webhook.url, webhook.secret)]),
  ...(isSentByOtlp ? [otlpDestination(openSender)] : []),
];
