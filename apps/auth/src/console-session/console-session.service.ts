import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { JwtService } from '../jwt/jwt.service.js';
import { LoginService } from '../login/login.service.js';
import type { IssuedToken } from '../tokens/token-issuer.js';
import { TokenService } from '../tokens/token.service.js';
import type { User } from '../users/user.entity.js';
import { UserService } from '../users/user.service.js';
import { readConsoleLink, signConsoleLink } from './console-link.js';

/** Who is logged in to the console, and the token that goes into the cookie. */
export interface OpenedSession {
  readonly user: User;
  readonly issued: IssuedToken;
}

/** Opens, renews and ends sessions of the console, which are tokens of a log-in like any other. */
@Injectable()
export class ConsoleSessionService {
  constructor(
    private readonly logins: LoginService,
    private readonly users: UserService,
    private readonly tokens: TokenService,
    private readonly jwt: JwtService,
    @InjectAuthSettings() private readonly settings: AuthSettings,
  ) {}

  /** By password. Throws as `LoginService.login` does. */
  login(email: string, password: string, address: string): Promise<OpenedSession> {
    return this.logins.login(email, password, address);
  }

  /** The code of a link for the platform's administrator. */
  linkForAdmin(lifeMs: number): Promise<string> {
    return signConsoleLink(this.jwt, this.settings.platformAdmin.email, lifeMs);
  }

  /**
   * By a link. Throws `auth.link_expired`, and `auth.link_invalid` where it was used, its user is not active, or their
   * tokens were ended after it was made.
   */
  async redeem(code: string, address: string): Promise<OpenedSession> {
    const link = await readConsoleLink(this.jwt, code);
    const user = await this.users.find(link.email);
    if (user === null || !user.isActive || (user.credentialsNotBefore ?? link.issuedAt) > link.issuedAt)
      throw fail('auth.link_invalid');
    if (!(await this.tokens.spend(link.id, link.expiresAt, user.email))) throw fail('auth.link_invalid');
    return { user, issued: await this.logins.letIn(user, address) };
  }

  /**
   * A new session in place of the one that is shown, which ends. Throws `auth.credential_invalid` for a token of anything but a
   * log-in: it may do less than its user, and for less long.
   */
  async renew(credential: string, caller: Principal): Promise<OpenedSession> {
    const shown = await this.jwt.verify(credential);
    if (shown.use !== 'session' || caller.isNarrowed === true)
      throw fail('auth.credential_invalid', { message: 'This token was not made by a log-in' });
    const user = await this.users.get(caller.id);
    const origin = await this.tokens.originOf(shown.tokenId);
    const issued = await this.tokens.issueForSession(user, this.settings.login.tokenLifeMs, origin, shown);
    await this.end(credential, caller);
    return { user, issued };
  }

  end(credential: string, caller: Principal): Promise<void> {
    return this.logins.logout(credential, caller);
  }
}
