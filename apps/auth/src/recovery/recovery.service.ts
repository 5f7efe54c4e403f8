import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { AccountEvents } from '../account-events/account-events.service.js';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { InjectMail, type Mail, type Message } from '../mail/mail.js';
import { UserService } from '../users/user.service.js';
import type { PasswordReset } from './password-reset.entity.js';
import { PasswordResetRepository } from './password-reset.repository.js';

/** Covers what is done more for a known user than for an unknown one. */
const ANSWER_TAKES_MS = 300;
const TOKEN_BYTES = 32;

/** Lets who forgot their password set a new one, by a link that is mailed to them. */
@Injectable()
export class RecoveryService {
  constructor(
    private readonly users: UserService,
    private readonly resets: PasswordResetRepository,
    private readonly events: AccountEvents,
    @InjectMail() private readonly mail: Mail | null,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /**
   * Mails a link to who logs in by a password here; resolves alike, and in the like time, for everybody else. Throws
   * `auth.not_offered` where no mail is set up, `http.rate_limited` where the address has to wait.
   */
  async request(email: string, address: string): Promise<void> {
    const offer = this.offer();
    const answerAtMs = performance.now() + ANSWER_TAKES_MS;
    await this.users.countAttempt(address, this.settings.login);
    const userEmail = email.toLowerCase();
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    if (await this.resets.add(hashOf(token), userEmail, offer.rule)) {
      await this.events.note({ userEmail, eventType: 'password_reset_requested', address });
      this.post({ to: userEmail, ...invitation(offer, token) });
    }
    await sleep(Math.max(0, answerAtMs - performance.now()));
  }

  /** Until when the link is good. Throws `auth.link_invalid`, or `auth.link_expired`. */
  async check(token: string): Promise<Date> {
    this.offer();
    return (await this.good(token)).expiresAt;
  }

  /** Sets the password, which ends every token, and uses the link up. Throws as `check` does, and `http.invalid` for a weak one. */
  async complete(token: string, password: string, address: string): Promise<void> {
    const { publicUrl } = this.offer();
    const { userEmail } = await this.good(token);
    await this.users.resetPassword(userEmail, password, async () => {
      if (!(await this.resets.redeem(hashOf(token)))) throw fail('auth.link_invalid');
    });
    await this.events.note({ userEmail, eventType: 'password_reset_completed', address });
    this.logger.info({ principal: userEmail }, 'a user set a new password by a mailed link');
    this.post({
      to: userEmail,
      subject: 'Your password was changed',
      text: `The password of ${userEmail} at ${publicUrl} was changed by a link that was mailed to you.\n\nIf it was not you, tell an administrator at once.\n`,
    });
  }

  private offer() {
    const { recovery, publicUrl } = this.settings;
    if (this.mail === null || recovery === null || publicUrl === null)
      throw fail('auth.not_offered', {
        message: 'This gateway mails no links for new passwords; ask an administrator',
      });
    return { rule: recovery, publicUrl };
  }

  private async good(token: string): Promise<PasswordReset> {
    const reset = await this.resets.find(hashOf(token));
    if (reset === null || reset.usedAt !== null) throw fail('auth.link_invalid');
    if (reset.expiresAt <= new Date()) throw fail('auth.link_expired');
    return reset;
  }

  /** Not waited for: how long mail takes tells who has an account. */
  private post(message: Message): void {
    this.mail?.send(message).catch((error: unknown) => {
      this.logger.error({ err: error, subject: message.subject }, 'a message could not be mailed');
    });
  }
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

const invitation = ({ rule, publicUrl }: { rule: { lifeMs: number }; publicUrl: string }, token: string) => ({
  subject: 'Set a new password',
  text: [
    `Somebody, probably you, asked for a new password at ${publicUrl}.`,
    `Open this link within ${Math.round(rule.lifeMs / 60_000)} minutes and choose one:`,
    `${publicUrl}/auth/email/reset-password/${token}`,
    'If it was not you, do nothing: your password stays as it is.',
    '',
  ].join('\n\n'),
});
