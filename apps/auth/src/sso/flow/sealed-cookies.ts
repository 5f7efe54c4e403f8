import type { KeyRing } from '../../encryption/key-ring.js';

const SEPARATOR = '~';

/**
 * Keeps values in cookies by name, encrypted: readable here alone, for a while, for one purpose. So a sign-in belongs to the
 * browser that began it, and nothing is kept here.
 */
export class SealedCookies {
  constructor(
    private readonly keyRing: KeyRing,
    private readonly purpose: string,
    /** Browsers send no `Secure` cookie back over HTTP. */
    private readonly isSecure: boolean,
  ) {}

  /** `Set-Cookie` that keeps the value. */
  keep(name: string, value: object, lifeMs: number): string {
    const text = JSON.stringify({ ...value, untilMs: Date.now() + lifeMs });
    const { keyId, bytes } = this.keyRing.seal(text, this.sealedFor(name));
    return this.line(name, `${keyId}${SEPARATOR}${bytes.toString('base64url')}`, Math.ceil(lifeMs / 1000));
  }

  /** `Set-Cookie` that takes it away. */
  drop(name: string): string {
    return this.line(name, '', 0);
  }

  /** What was kept there; `null` where there is none, it is over, or it is not ours. */
  read(name: string, header: string | undefined): object | null {
    const [keyId = '', sealed = ''] = cookieOf(header, this.named(name))?.split(SEPARATOR) ?? [];
    if (sealed === '') return null;
    try {
      const text = this.keyRing.open({ keyId, bytes: Buffer.from(sealed, 'base64url') }, this.sealedFor(name));
      const { untilMs, ...value } = JSON.parse(text) as { readonly untilMs: number };
      return untilMs > Date.now() ? value : null;
    } catch {
      return null;
    }
  }

  /** How many cookies the browser has whose names begin so. */
  names(prefix: string, header = ''): readonly string[] {
    const start = this.named(prefix);
    return pairsOf(header)
      .filter(([name]) => name.startsWith(start))
      .map(([name]) => name.slice(this.named('').length));
  }

  /** Browsers take `__Host-` from this very host alone: with `__Secure-`, its neighbours could plant one by `Domain`. */
  private named(name: string): string {
    return this.isSecure ? `__Host-${name}` : name;
  }

  private sealedFor(name: string): string {
    return `${this.purpose} ${name}`;
  }

  private line(name: string, value: string, maxAgeS: number): string {
    const secure = this.isSecure ? '; Secure' : '';
    // Providers send browsers back from elsewhere, so `Strict` cookies would stay behind.
    return `${this.named(name)}=${value}; Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Lax${secure}`;
  }
}

const pairsOf = (header: string): readonly (readonly [string, string])[] =>
  header
    .split(';')
    .map((pair) => pair.trim())
    .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const);

const cookieOf = (header = '', name: string): string | undefined =>
  pairsOf(header).find(([known]) => known === name)?.[1];
