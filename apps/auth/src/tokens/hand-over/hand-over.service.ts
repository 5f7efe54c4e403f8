import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { KeyRing } from '../../encryption/key-ring.js';
import type { Token } from '../token.entity.js';
import { TokenIssuer } from '../token-issuer.js';
import { TokenService, shownBy } from '../token.service.js';
import { HandOverRepository } from './hand-over.repository.js';

const PURPOSE = 'token hand-over';
const LIFE_MS = 86_400_000;

interface Envelope {
  readonly token: string;
  /** Noted when it is taken, so that it is good once. */
  readonly id: string;
  readonly endsAtMs: number;
}

/** A code by which somebody takes a token, and until when. */
export interface HandOver {
  readonly code: string;
  readonly expiresAt: Date;
}

/**
 * Links by which a token gets to who is to use it. The code is the token itself, encrypted: nothing is stored until somebody takes
 * it, once, and without this gateway's key it is good for nothing.
 */
@Injectable()
export class HandOverService {
  constructor(
    private readonly tokens: TokenService,
    private readonly issuer: TokenIssuer,
    private readonly keyRing: KeyRing,
    private readonly links: HandOverRepository,
  ) {}

  /** Throws `registry.unknown` for a token that others made, `http.invalid` where `token` is not its value, or nobody asked for it. */
  async offer(caller: Principal, id: string, token: string): Promise<HandOver> {
    const record = await this.tokens.get(caller, id);
    if ((record.createdBy ?? record.userEmail) !== caller.id) throw fail('registry.unknown');
    if (record.madeBy !== 'request') throw unfit('only a token that somebody asked for is handed over');
    const claims = await this.issuer.read(token).catch(() => null);
    if (claims?.tokenId !== record.tokenId) throw unfit('this is not the value of that token');
    const endsAtMs = Math.min(Date.now() + LIFE_MS, claims.expiresAtMs);
    const envelope: Envelope = { token, id: randomUUID(), endsAtMs };
    const { keyId, bytes } = this.keyRing.seal(JSON.stringify(envelope), PURPOSE);
    const expiresAt = new Date(endsAtMs);
    await this.links.noteOffered(record, { id: envelope.id, expiresAt });
    return { code: `${keyId}.${bytes.toString('base64url')}`, expiresAt };
  }

  /** Throws `auth.link_expired`, and `auth.link_invalid` where it was taken, or its token has ended. */
  async take(code: string, address: string): Promise<{ readonly record: Token; readonly token: string }> {
    const { token, id, endsAtMs } = this.read(code);
    if (endsAtMs <= Date.now()) throw fail('auth.link_expired');
    const claims = await this.issuer.read(token).catch((cause: unknown) => {
      throw fail('auth.link_invalid', { cause });
    });
    const record = await this.tokens.recorded(claims.tokenId);
    if (record === null) throw fail('auth.link_invalid');
    const standing = { users: [shownBy(claims)], tokenId: claims.tokenId };
    if (!(await this.links.take(record, { id, expiresAt: new Date(endsAtMs) }, standing, address)))
      throw fail('auth.link_invalid');
    return { record, token };
  }

  private read(code: string): Envelope {
    const [keyId = '', bytes = ''] = code.split('.');
    try {
      return JSON.parse(this.keyRing.open({ keyId, bytes: Buffer.from(bytes, 'base64url') }, PURPOSE)) as Envelope;
    } catch (cause) {
      throw fail('auth.link_invalid', { cause });
    }
  }
}

const unfit = (message: string) =>
  fail('http.invalid', { message: `token: ${message}`, data: { errors: [{ field: 'token', message }] } });
