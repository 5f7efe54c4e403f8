import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { KeyRing } from './key-ring.js';

const DIGEST_CHARS = 22;

/** Callers' own tokens as they are carried through other services: encrypted for auth, each for one principal. */
@Injectable()
export class SubjectTokens {
  constructor(private readonly keyRing: KeyRing) {}

  /** Begins with what is the same for one token however often it is encrypted, and different for any other. */
  seal(token: string, principalId: string): string {
    const { keyId, bytes } = this.keyRing.seal(token, purposeOf(principalId));
    return `${digestOf(token)}.${keyId}.${bytes.toString('base64url')}`;
  }

  /** Null: it was not encrypted here, or for somebody else. */
  open(sealed: string, principalId: string): string | null {
    const [digest, keyId = '', bytes = '', more] = sealed.split('.');
    if (more !== undefined) return null;
    try {
      const token = this.keyRing.open({ keyId, bytes: Buffer.from(bytes, 'base64url') }, purposeOf(principalId));
      // Others keep what it was exchanged for by the digest.
      return digest === digestOf(token) ? token : null;
    } catch {
      return null;
    }
  }
}

const purposeOf = (principalId: string): string => `subject token of ${principalId}`;

const digestOf = (token: string): string =>
  createHash('sha256').update(token).digest('base64url').slice(0, DIGEST_CHARS);
