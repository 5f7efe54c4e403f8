import { createCipheriv, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { SealUpstreamCredentials } from '#contracts/auth/export/seal-upstream-credentials.request';
import type { RequestOf } from '#contracts/define';
import { PendingEvents } from '#libs/storage';
import { UpstreamCredentialService } from './upstream-credential.service.js';

const NONCE_BYTES = 12;

type Wanted = RequestOf<typeof SealUpstreamCredentials>['credentials'];

/** Hands out what upstreams are shown for another gateway, sealed with a key of whoever takes it there. */
@Injectable()
export class SealedExportService {
  constructor(
    private readonly credentials: UpstreamCredentialService,
    private readonly audit: PendingEvents,
  ) {}

  /** Null where nothing is kept. Throws `platform.internal` where it cannot be opened. */
  async seal(key: Buffer, wanted: Wanted): Promise<(string | null)[]> {
    const sealed: (string | null)[] = [];
    for (const { upstreamId, name, place } of wanted) {
      const credential = await this.credentials.keptFor(upstreamId);
      if (credential === null) {
        sealed.push(null);
        continue;
      }
      await this.audit.note({
        action: 'upstream_credential.exported',
        resourceType: 'upstream_credential',
        resourceId: upstreamId,
        resourceName: name,
      });
      sealed.push(sealedWith(key, JSON.stringify(credential), place));
    }
    return sealed;
  }
}

const sealedWith = (key: Buffer, text: string, place: string): string => {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(place));
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
};
