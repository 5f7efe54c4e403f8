import type { Transporter } from 'nodemailer';
import { type Mail, type Message, type Sender, envelopeOf } from './mail.js';

/** How to reach a mail server. */
export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; else by STARTTLS, unless `isPlain`. */
  readonly isImplicitTls: boolean;
  /** Without any TLS. */
  readonly isPlain: boolean;
  readonly user: string | null;
  readonly password: string | null;
  readonly timeoutMs: number;
}

/** Hands messages to a mail server. */
export class SmtpMail implements Mail {
  private transport: Promise<Transporter> | null = null;

  constructor(
    private readonly settings: SmtpSettings,
    private readonly sender: Sender,
  ) {}

  async send(message: Message): Promise<void> {
    const transport = await (this.transport ??= this.open());
    await transport.sendMail(envelopeOf(this.sender, message));
  }

  private async open(): Promise<Transporter> {
    // Only who sends mail pays for the library.
    const { createTransport } = await import('nodemailer');
    const { host, port, isImplicitTls, isPlain, user, password, timeoutMs } = this.settings;
    return createTransport({
      host,
      port,
      secure: isImplicitTls,
      requireTLS: !isImplicitTls && !isPlain,
      ignoreTLS: isPlain,
      ...(user !== null && { auth: { user, pass: password ?? '' } }),
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      dnsTimeout: timeoutMs,
    });
  }
}
