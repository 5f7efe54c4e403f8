import { Inject } from '@nestjs/common';

/** To one person, in plain text. */
export interface Message {
  /** One address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Takes messages to people: to a mail server, or into a folder for somebody else to take from there. */
export interface Mail {
  /** Resolves once it was taken, which does not say that it arrived. */
  send(message: Message): Promise<void>;
}

/** `null` where no mail is set up. */
export const MAIL = Symbol('MAIL');
export const InjectMail = (): ParameterDecorator & PropertyDecorator => Inject(MAIL);

/** Whom messages come from. */
export interface Sender {
  readonly name: string;
  readonly address: string;
}

/** As nodemailer has it. Addresses are given in parts, since a text of several would be read as several. */
export const envelopeOf = (sender: Sender, { to, subject, text }: Message) => ({
  from: sender,
  to: { name: '', address: to },
  subject,
  text,
  disableFileAccess: true,
  disableUrlAccess: true,
});
