import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { JwtService } from '../jwt/jwt.service.js';
import type { IssuedToken } from '../tokens/token-issuer.js';
import { TokenService } from '../tokens/token.service.js';
import type { User } from '../users/user.entity.js';
import { UserService } from '../users/user.service.js';

/** Covers what a database does more for a known user than for an unknown one. */
const REFUSAL_TAKES_MS = 300;

/** Exchanges a password for a token, and ends that token. */
@Injectable()
export class LoginService {
  constructor(
    private readonly users: UserService,
    private readonly tokens: TokenService,
    private readonly jwt: JwtService,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /**
   * Fails alike, with `auth.credential_invalid` and in the like time, for a wrong password, an unknown user, a disabled
   * and one that may not be tried from this address. Throws `http.rate_limited` where the address has to wait.
   */
  async login(email: string, password: string, address: string): Promise<{ user: User; issued: IssuedToken }> {
    const { login: rule } = this.settings;
    const key = email.toLowerCase();
    const answerAtMs = performance.now() + REFUSAL_TAKES_MS;
    const { user, isKnown } = await this.users.checkPassword({ email: key, address }, password, rule);
    if (user === null) {
      this.logger.warn({ email: key, known: isKnown, address }, 'a log-in was refused');
      await sleep(Math.max(0, answerAtMs - performance.now()));
      throw fail('auth.credential_invalid', { message: 'E-mail or password is wrong' });
    }
    await this.users.settleLogin({ email: key, address });
    const issued = await this.tokens.issueForSession(user, rule.tokenLifeMs);
    this.logger.info({ email: key, tokenId: issued.tokenId }, 'a user logged in');
    return { user, issued };
  }

  /** Throws as `UserService.changeOwnPassword` does, no faster for a wrong password than logging in. */
  async changePassword(caller: Principal, address: string, old: string, password: string): Promise<void> {
    await this.users.changeOwnPassword({ email: caller.id, address }, old, password, this.settings.login);
    this.logger.info({ email: caller.id }, 'a user changed their password');
  }

  /** Ends the token that was shown, whichever kind it is. */
  async logout(credential: string, caller: Principal): Promise<void> {
    const { tokenId, expiresAtMs } = await this.jwt.verify(credential);
    await this.tokens.end(tokenId, new Date(expiresAtMs), caller.id);
  }
}
