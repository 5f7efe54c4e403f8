import { createHash, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type AuthSettings, InjectAuthSettings } from '../../auth.settings.js';
import type { SignInOrigin } from '../../tokens/sign-in-origin.js';
import { TokenService } from '../../tokens/token.service.js';
import { KeyRing } from '../../encryption/key-ring.js';
import type { User } from '../../users/user.entity.js';
import { UserService } from '../../users/user.service.js';
import { SealedCookies } from './sealed-cookies.js';
import type { Purpose, SignedIn } from './sign-in-flow.js';

interface Kept {
  readonly id: string;
  readonly email: string;
  /** Milliseconds; `null`: nothing of theirs was ended before. */
  readonly credentialsNotBeforeMs: number | null;
  readonly origin: SignInOrigin;
  readonly scopes: readonly string[];
}

/** Who signed in for the page of a client, and what they allowed on it. */
export interface ConsentingUser {
  readonly user: User;
  readonly origin: SignInOrigin;
  readonly scopes: readonly string[];
}

/** From the provider to the page is one redirect. */
const LIFE_MS = 60_000;
const COOKIE = 'switchyard_signed_in_';

/** Tells the page of a client who has just signed in, once, in the browser that did so. */
@Injectable()
export class SignedInCookie {
  private readonly cookies: SealedCookies;

  constructor(
    private readonly tokens: TokenService,
    private readonly users: UserService,
    keyRing: KeyRing,
    @InjectAuthSettings() settings: AuthSettings,
  ) {
    this.cookies = new SealedCookies(keyRing, 'signed-in', settings.publicUrl?.startsWith('https:') === true);
  }

  /** `Set-Cookie`, for the page alone that the person came from. */
  keep({ user, origin }: SignedIn, { page, scopes }: Extract<Purpose, { kind: 'consent' }>): string {
    const credentialsNotBeforeMs = user.credentialsNotBefore?.getTime() ?? null;
    const kept: Kept = { id: randomUUID(), email: user.email, credentialsNotBeforeMs, origin, scopes };
    return this.cookies.keep(cookieOf(page), kept, LIFE_MS);
  }

  /** `null` where nobody has just signed in for that page. */
  async take(page: string, cookieHeader: string | undefined): Promise<ConsentingUser | null> {
    const kept = this.cookies.read(cookieOf(page), cookieHeader) as Kept | null;
    if (kept === null) return null;
    if (!(await this.tokens.spend(kept.id, new Date(Date.now() + LIFE_MS), kept.email))) return null;
    const user = await this.users.find(kept.email);
    if (user?.isActive !== true) return null;
    const { credentialsNotBeforeMs: sinceMs, origin, scopes } = kept;
    user.credentialsNotBefore = sinceMs === null ? null : new Date(sinceMs);
    return { user, origin, scopes };
  }
}

/** Of one page. */
const cookieOf = (page: string): string =>
  `${COOKIE}${createHash('sha256').update(page).digest('base64url').slice(0, 16)}`;
