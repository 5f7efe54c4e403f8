import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { nameActor } from '#libs/storage';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { JwtService } from '../jwt/jwt.service.js';
import type { SignInOrigin } from '../tokens/sign-in-origin.js';
import type { IssuedToken } from '../tokens/token-issuer.js';
import { TokenService } from '../tokens/token.service.js';
import type { User } from '../users/user.entity.js';
import { UserService } from '../users/user.service.js';
import { LoginTrail } from './login-trail.js';

/** Covers what a database does more for a known user than for an unknown one. */
const REFUSAL_TAKES_MS = 300;

/** Exchanges a password for a token, and ends that token. */
@Injectable()
export class LoginService {
  constructor(
    private readonly users: UserService,
    private readonly tokens: TokenService,
    private readonly jwt: JwtService,
    private readonly trail: LoginTrail,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /**
   * Fails alike, with `auth.credential_invalid` and in the like time, for a wrong password, an unknown user, a disabled
   * and one that may not be tried from this address. Throws `http.rate_limited` where the address has to wait.
   */
  async login(email: string, password: string, address: string): Promise<{ user: User; issued: IssuedToken }> {
    const user = await this.authenticate(email, password, address);
    return { user, issued: await this.letIn(user, address) };
  }

  /** Whose password this is; they act from now on. Throws as `login` does. Whoever gives them a token then tells `settled`. */
  async authenticate(email: string, password: string, address: string): Promise<User> {
    const { login: rule } = this.settings;
    const key = email.toLowerCase();
    const answerAtMs = performance.now() + REFUSAL_TAKES_MS;
    const { user, isKnown } = await this.users.checkPassword({ email: key, address }, password, rule);
    if (user === null) {
      this.logger.warn({ principal: key, known: isKnown, address }, 'a log-in was refused');
      await this.trail.refused(key, address, isKnown);
      await sleep(Math.max(0, answerAtMs - performance.now()));
      throw fail('auth.credential_invalid', { message: 'E-mail or password is wrong' });
    }
    await this.users.settleLogin({ email: key, address });
    nameActor({ kind: 'user', id: key, address });
    return user;
  }

  /** Logs somebody in of whom it is certain who they are. */
  async letIn(user: User, address: string, origin: SignInOrigin | null = null): Promise<IssuedToken> {
    const { email } = user;
    nameActor({ kind: 'user', id: email, address });
    const issued = await this.tokens.issueForSession(user, this.settings.login.tokenLifeMs, origin);
    await this.settled(email, address, issued.tokenId);
    return issued;
  }

  /** Notes that somebody was not let in who signed in, or tried to, with an identity provider. */
  refusedBy(providerId: string, address: string, reason: string): Promise<void> {
    return this.trail.refusedBy(providerId, address, reason);
  }

  /** Notes what a user who logged in was given. */
  async settled(email: string, address: string, tokenId: string): Promise<void> {
    await this.trail.succeeded(email, address, tokenId);
    this.logger.info({ principal: email, tokenId }, 'a user logged in');
  }

  /** Throws as `UserService.changeOwnPassword` does, no faster for a wrong password than logging in. */
  async changePassword(caller: Principal, address: string, old: string, password: string): Promise<void> {
    await this.users.changeOwnPassword({ email: caller.id, address }, old, password, this.settings.login);
    this.logger.info({ principal: caller.id }, 'a user changed their password');
  }

  /** Ends the token that was shown, whichever kind it is. */
  async logout(credential: string, caller: Principal): Promise<void> {
    const { tokenId, expiresAtMs } = await this.jwt.verify(credential);
    await this.tokens.end(tokenId, new Date(expiresAtMs), caller.id);
  }
}
