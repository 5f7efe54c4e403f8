import { type CarriedJson, readMessages, type Incoming } from '#libs/mcp';
import type { GatewayError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';

/**
 * What one upstream sends that is no message: a heartbeat of its own, text, a notification out of shape. It is dropped
 * and counted, and logged the first time.
 */
export class Strays {
  count = 0;

  constructor(
    readonly upstreamId: string,
    private readonly logger: Logger,
  ) {}

  note(error: GatewayError): void {
    if (this.count++ > 0) return;
    const { upstreamId } = this;
    this.logger.warn({ upstreamId, reason: error.message }, 'an upstream sends what is no message; it is passed over');
  }

  /** Gives the messages of a text; what is none among them is noted. */
  read(json: CarriedJson, onMessage: (message: Incoming) => void): void {
    readMessages(json, onMessage, ({ error }) => this.note(error));
  }
}
