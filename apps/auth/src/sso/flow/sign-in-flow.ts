import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { type AuthSettings, InjectAuthSettings } from '../../auth.settings.js';
import type { SignInOrigin } from '../../tokens/sign-in-origin.js';
import { TokenService } from '../../tokens/token.service.js';
import { KeyRing } from '../../encryption/key-ring.js';
import type { User } from '../../users/user.entity.js';
import { AccountService } from '../accounts/account.service.js';
import { type Challenge, RelyingParty } from '../protocol/relying-party.js';
import { personOf } from '../protocol/person.js';
import { ProviderService } from '../providers/provider.service.js';
import { SealedCookies } from './sealed-cookies.js';

/** What a person signs in for: the console, or a consent that they gave on the page of a client. */
export type Purpose =
  | { readonly kind: 'console' }
  | { readonly kind: 'consent'; readonly page: string; readonly scopes: readonly string[] };

/** A sign-in that was begun. */
export interface BegunSignIn {
  /** At the provider. */
  readonly url: URL;
  readonly state: string;
  /** `Set-Cookie`: the browser comes back with what belongs to it. */
  readonly cookies: readonly string[];
}

/** Somebody who has signed in at a provider, and has an account here. */
export interface SignedIn {
  readonly user: User;
  readonly origin: SignInOrigin;
  readonly purpose: Purpose;
}

interface Kept {
  readonly providerId: string;
  readonly challenge: Challenge;
  readonly purpose: Purpose;
}

/** For a person to find their password, or a second factor. */
const LIFE_MS = 10 * 60_000;
const COOKIE = 'switchyard_sso_';
/** Sign-ins that one browser has begun, in as many tabs. */
const BEGUN_MAX = 5;

/** Signs people in at identity providers: off to one, and back. */
@Injectable()
export class SignInFlow {
  private readonly cookies: SealedCookies;

  constructor(
    private readonly providers: ProviderService,
    private readonly relyingParty: RelyingParty,
    private readonly accounts: AccountService,
    private readonly tokens: TokenService,
    keyRing: KeyRing,
    @InjectAuthSettings() private readonly settings: AuthSettings,
  ) {
    this.cookies = new SealedCookies(keyRing, 'sign-in', settings.publicUrl?.startsWith('https:') === true);
  }

  /**
   * `cookieHeader`: those that the browser has. Throws `registry.unknown` for a provider that is not there, `auth.not_offered` where the
   * gateway has no address to come back to, `auth.provider_unavailable`.
   */
  async begin(providerId: string, purpose: Purpose, cookieHeader: string | undefined): Promise<BegunSignIn> {
    const known = await this.providers.known(providerId);
    const redirectUri = this.callbackOf(providerId);
    const { url, challenge } = await this.relyingParty.begin(known, redirectUri);
    const kept: Kept = { providerId, challenge, purpose };
    const before = this.cookies.names(COOKIE, cookieHeader).slice(0, -(BEGUN_MAX - 1));
    const cookies = [
      ...before.map((name) => this.cookies.drop(name)),
      this.cookies.keep(cookieOf(challenge.state), kept, LIFE_MS),
    ];
    return { url, state: challenge.state, cookies };
  }

  /**
   * `query`: what the provider sent the browser back with. Throws `auth.link_invalid` where this browser has not begun it, or has
   * finished it already, `auth.sign_in_refused`, `auth.provider_unavailable`.
   */
  async finish(providerId: string, query: URLSearchParams, cookieHeader: string | undefined): Promise<SignedIn> {
    const { challenge, purpose } = this.begun(providerId, query, cookieHeader);
    const known = await this.providers.known(providerId);
    const callback = new URL(`${this.callbackOf(providerId)}?${query.toString()}`);
    const spentUntil = new Date(Date.now() + LIFE_MS);
    // Before the provider is asked: one answer makes it work once.
    if (!(await this.tokens.spend(digestOf(challenge.state), spentUntil, `sso:${providerId}`)))
      throw fail('auth.link_invalid', { message: NOT_BEGUN });
    const claims = await this.relyingParty.finish(known, callback, challenge);
    const person = personOf(known.provider, claims);
    const user = await this.accounts.of(known.provider, person);
    const { issuer, subject, session } = person;
    return { user, origin: { issuer, subject, session }, purpose };
  }

  /** What the browser began it for. Throws as `finish` does. */
  purposeOf(providerId: string, query: URLSearchParams, cookieHeader: string | undefined): Purpose {
    return this.begun(providerId, query, cookieHeader).purpose;
  }

  /** `Set-Cookie`: the answer of the provider has been read. */
  forget(query: URLSearchParams): string {
    return this.cookies.drop(cookieOf(query.get('state') ?? ''));
  }

  private begun(providerId: string, query: URLSearchParams, cookieHeader: string | undefined): Kept {
    const states = query.getAll('state');
    const [state = ''] = states;
    const kept = states.length === 1 ? (this.cookies.read(cookieOf(state), cookieHeader) as Kept | null) : null;
    if (kept === null || kept.challenge.state !== state || kept.providerId !== providerId)
      throw fail('auth.link_invalid', { message: NOT_BEGUN });
    return kept;
  }

  private callbackOf(providerId: string): string {
    const { publicUrl } = this.settings;
    if (publicUrl === null)
      throw fail('auth.not_offered', { message: 'Signing in with a provider needs the setting PUBLIC_URL' });
    return `${publicUrl}${PATH}/${providerId}`;
  }
}

const PATH = '/auth/sso/callback';
const NOT_BEGUN = 'This sign-in was begun in another browser, is over, or was used already';

const cookieOf = (state: string): string => `${COOKIE}${digestOf(state).slice(0, 16)}`;

const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url');
