import type { Link } from './link.js';

const UNCONFIRMED_MAX = 10_000;
const UNCONFIRMED_BYTES_MAX = 16 * 1024 * 1024;

interface Entry {
  readonly subject: string;
  readonly payload: Buffer;
}

/**
 * Keeps each event until the broker has confirmed that it has it, and sends it again after a reconnect: when only the
 * publisher's connection is lost, nobody else would know that there was something to revalidate.
 */
export class EventOutbox {
  private unconfirmed: Entry[] = [];
  private bytes = 0;
  private confirming = false;

  constructor(private readonly link: Link) {}

  publish(subject: string, payload: Buffer): void {
    this.unconfirmed.push({ subject, payload });
    this.bytes += payload.length;
    while (this.unconfirmed.length > UNCONFIRMED_MAX || this.bytes > UNCONFIRMED_BYTES_MAX) {
      this.forget(1);
      this.link.logger.warn({ subject }, 'an event was dropped: NATS has been away too long');
    }
    if (this.link.send(subject, payload)) void this.confirm();
  }

  reconnected(): void {
    for (const { subject, payload } of this.unconfirmed) this.link.send(subject, payload);
    void this.confirm();
  }

  private async confirm(): Promise<void> {
    if (this.confirming) return;
    this.confirming = true;
    try {
      while (this.link.connected && this.unconfirmed.length > 0) {
        const sent = this.unconfirmed.length;
        await this.link.flush();
        this.forget(sent);
      }
    } catch {
      // Disconnected: they are sent again.
    } finally {
      this.confirming = false;
    }
  }

  private forget(count: number): void {
    for (const { payload } of this.unconfirmed.splice(0, count)) this.bytes -= payload.length;
  }
}
