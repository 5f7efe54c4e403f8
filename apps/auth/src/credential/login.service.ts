import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { UserRepository } from '../storage/user.repository.js';
import type { User } from '../storage/user.entity.js';
import { PasswordHasher } from './password.js';
import { type IssuedToken, TokenIssuer } from './token-issuer.js';

/** Covers what a database does more for a known user than for an unknown one. */
const REFUSAL_TAKES_MS = 300;

/** The settings of logging in. */
export class LoginPolicy {
  constructor(
    readonly attemptsMax: number,
    readonly lockoutMinutes: number,
    readonly tokenLifeMs: number,
  ) {}
}

@Injectable()
export class LoginService {
  constructor(
    private readonly users: UserRepository,
    private readonly passwords: PasswordHasher,
    private readonly issuer: TokenIssuer,
    private readonly policy: LoginPolicy,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Fails alike, and in the like time, for a wrong password, an unknown user, a disabled and a locked one. */
  async login(email: string, password: string): Promise<{ user: User; issued: IssuedToken }> {
    const key = email.toLowerCase();
    const answerAtMs = performance.now() + REFUSAL_TAKES_MS;
    const attempt = await this.users.beginLogin(key, this.policy.attemptsMax, this.policy.lockoutMinutes);
    const isRight = await this.passwords.verify(password, attempt?.passwordHash ?? null);
    const user = isRight ? await this.users.find(key) : null;
    if (user === null) {
      this.logger.warn({ email: key, known: attempt !== null }, 'a log-in was refused');
      await sleep(Math.max(0, answerAtMs - performance.now()));
      throw fail('auth.credential_invalid', { message: 'E-mail or password is wrong' });
    }
    await this.users.settleLogin(key);
    const issued = await this.issuer.issue({
      user,
      use: 'session',
      expiresInMs: this.policy.tokenLifeMs,
      isAdmin: user.isAdmin,
      teams: user.isAdmin ? null : [],
    });
    this.logger.info({ email: key, tokenId: issued.tokenId }, 'a user logged in');
    return { user, issued };
  }
}
