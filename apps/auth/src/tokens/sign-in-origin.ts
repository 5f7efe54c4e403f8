import type { Token } from './token.entity.js';

/** Where somebody signed in who got a token for it: at which issuer, as whom, in which session there. */
export interface SignInOrigin {
  readonly issuer: string;
  readonly subject: string;
  /** `null`: the issuer tells of none. */
  readonly session: string | null;
}

/** As tokens have it. */
export type TokenOrigin = Pick<Token, 'originIssuer' | 'originSubject' | 'originSession'>;

export const tokenOrigin = (origin: SignInOrigin | null): TokenOrigin => ({
  originIssuer: origin?.issuer ?? null,
  originSubject: origin?.subject ?? null,
  originSession: origin?.session ?? null,
});
