import { Injectable } from '@nestjs/common';
import { type OAuthClient, exchangesTokens } from '#contracts/auth/oauth/oauth-client';
import type { PresentedToken } from '#contracts/auth/upstream-credential.request';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { ANONYMOUS } from '#libs/identity';
import { type AuthSettings, InjectAuthSettings } from '../../auth.settings.js';
import { requestAccessToken } from './access-token.js';
import { ExchangedTokens } from './exchange/exchanged-tokens.js';
import { exchangeToken } from './exchange/exchange-token.js';
import { type ShownCaller, type Subject, SubjectService } from './exchange/subject.service.js';
import { consentNeeded, readGrant, refreshed } from './personal-grant.js';
import { type TokenOwner, UpstreamTokenService } from './upstream-token.service.js';

type Owner = Pick<TokenOwner, 'upstreamId' | 'credentialVersion'>;

/** An access token as it is shown. Secret. */
interface Presented extends PresentedToken {
  readonly value: string;
  /** Of what it came: a consent, or what a caller may do by their token; null: the gateway's own, for all callers. */
  readonly holderId: string | null;
}

/** The access tokens that are shown to upstreams: the gateway's own, those of people who have consented, or what callers' tokens are exchanged for. */
@Injectable()
export class PresentedTokenService {
  constructor(
    private readonly tokens: UpstreamTokenService,
    private readonly subjects: SubjectService,
    private readonly exchanges: ExchangedTokens,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /** `refused`: the id of a token that the upstream refused. Rejects with `upstream.…`, or `auth.unavailable`. */
  async present(owner: Owner, client: OAuthClient, caller: ShownCaller, refused?: string): Promise<Presented> {
    const { principalId } = caller;
    // What an upstream offers it is asked by the gateway itself.
    if (exchangesTokens(client.grantType) && principalId !== '') {
      const subject = await this.subjects.of(caller, client);
      const { text: _secret, ...exchanged } = await this.tokens.present(
        this.exchanged(owner, client, subject),
        refused,
      );
      return { ...exchanged, holderId: subject.key };
    }
    const isPersonal = client.grantType === 'authorization_code';
    const whose = isPersonal ? this.person(owner, personOf(client, principalId)) : this.gateway(owner, client);
    const { text, ...token } = await this.tokens.present(whose, refused);
    return { ...token, holderId: isPersonal ? readGrant(text).consentId : null };
  }

  /** Of everybody. */
  forgetAll(upstreamId: string): Promise<void> {
    return this.tokens.forget(upstreamId);
  }

  private gateway(owner: Owner, client: OAuthClient): TokenOwner {
    return {
      ...owner,
      userEmail: '',
      obtain: async () => {
        const { value, lifeMs } = await requestAccessToken(client, this.bus);
        return { text: value, lifeMs };
      },
      read: (value) => ({ value, isRenewable: true, isRenewed: false }),
    };
  }

  private exchanged(owner: Owner, client: OAuthClient, subject: Subject): TokenOwner {
    const { userEmail, key, madeOf } = subject;
    return {
      ...owner,
      userEmail,
      subject: key,
      madeOf,
      obtain: async () => {
        await this.exchanges.makeRoom({ upstreamId: owner.upstreamId, userEmail });
        return exchangeToken(client, subject, this.bus);
      },
      read: (value) => ({ value, isRenewable: true, isRenewed: false }),
    };
  }

  private person(owner: Owner, userEmail: string): TokenOwner {
    return {
      ...owner,
      userEmail,
      obtain: (kept) => refreshed(kept, this.bus),
      read: (text) => {
        const { accessToken, refreshToken, isRenewed = false } = readGrant(text);
        return { value: accessToken, isRenewable: refreshToken !== null, isRenewed };
      },
      consentNeeded: (why) => consentNeeded(this.settings.publicUrl, owner.upstreamId, why),
    };
  }
}

/** Throws `upstream.unauthorised` for whoever cannot consent to anything. */
const personOf = ({ catalogUser }: OAuthClient, principalId: string): string => {
  const person = principalId === '' ? catalogUser : principalId;
  if (person === undefined || person === ANONYMOUS.id)
    throw fail('upstream.unauthorised', {
      message: 'This upstream needs the consent of its caller; sign in to the gateway to give it',
      executed: 'no',
    });
  return person.toLowerCase();
};
