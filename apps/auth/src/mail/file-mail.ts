import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Mail, type Message, type Sender, envelopeOf } from './mail.js';

/** Puts each message into a folder, as a file that mail programs read. */
export class FileMail implements Mail {
  constructor(
    private readonly folder: string,
    private readonly sender: Sender,
  ) {}

  async send(message: Message): Promise<void> {
    const { createTransport } = await import('nodemailer');
    const composer = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
    const { message: bytes } = await composer.sendMail(envelopeOf(this.sender, message));
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const name = `${new Date().toISOString().replaceAll(':', '-')}-${randomUUID()}`;
    // Whoever watches the folder for `.eml` finds no half of one.
    await writeFile(join(this.folder, `${name}.part`), bytes, { mode: 0o600 });
    await rename(join(this.folder, `${name}.part`), join(this.folder, `${name}.eml`));
  }
}
