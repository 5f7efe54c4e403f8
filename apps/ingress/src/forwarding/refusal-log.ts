import type { CallRecord } from '#contracts/metrics/record-calls.request';
import { LineBudget, type Logger } from '#libs/telemetry';

const LINES_PER_MINUTE = 100;

/** Tells the log of what is refused, as the record of it says; so many a minute, and how many there were besides. */
export class RefusalLog {
  private readonly budget = new LineBudget(LINES_PER_MINUTE);

  constructor(private readonly logger: Logger) {}

  /** `correlationId`: by which the client finds its request. */
  refused(record: CallRecord, correlationId: string): void {
    const untold = this.budget.take();
    if (untold === null) return;
    const { method, name, traceId } = record;
    this.logger.info(
      {
        correlationId,
        ...(traceId !== null && { traceId }),
        ...(record.principalId !== '' && { principal: record.principalId }),
        ...(record.address !== null && { address: record.address }),
        ...(record.clientName !== null && { client: record.clientName }),
        ...(method !== '' && { operation: method }),
        ...(method === 'tools/call' && { tool: name }),
        code: record.errorCode,
        ...(record.rule !== null && { rule: record.rule }),
        ...(untold > 0 && { untold }),
      },
      'a request was refused',
    );
  }
}
