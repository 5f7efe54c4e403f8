import { Injectable } from '@nestjs/common';
import { nameActor } from '#libs/storage';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { sessionName } from '../../policy/standing.js';
import { SessionService } from '../../tokens/sessions/session.service.js';
import { TokenService } from '../../tokens/token.service.js';
import { RelyingParty } from '../protocol/relying-party.js';
import { ProviderService } from '../providers/provider.service.js';
import { LOGOUT_TOKEN_LIFE_MS, readLogout } from './logout-token.js';

/** Ends here what has ended at a provider. */
@Injectable()
export class LogoutService {
  constructor(
    private readonly providers: ProviderService,
    private readonly relyingParty: RelyingParty,
    private readonly sessions: SessionService,
    private readonly tokens: TokenService,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Rejects, with whatever is wrong, for a token that is not good, or could not be heeded: it is good until it was. */
  async end(providerId: string, logoutToken: string, address: string): Promise<void> {
    const known = await this.providers.known(providerId);
    const logout = readLogout(await this.relyingParty.verified(known, logoutToken), Date.now() / 1000);
    const by = `sso:${providerId}`;
    nameActor({ kind: 'user', id: by, address });
    const spentAs = `${providerId} ${logout.id}`;
    if (await this.tokens.isSpent(spentAs)) return;
    const untilMs = Date.now() + LOGOUT_TOKEN_LIFE_MS;
    // First, so that who is signing in in that session is not let in afterwards.
    if (logout.session !== null)
      await this.tokens.spend(sessionName(logout.issuer, logout.session), new Date(untilMs), by);
    const ended = await this.sessions.endAll(logout, by);
    await this.tokens.spend(spentAs, new Date(untilMs), by);
    this.logger.info({ provider: providerId, ended }, 'a provider logged somebody out');
  }
}
