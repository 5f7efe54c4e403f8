import { Injectable } from '@nestjs/common';
import { SealUpstreamCredentials } from '#contracts/auth/export/seal-upstream-credentials.request';
import { type Bus, InjectBus } from '#libs/bus';
import { currentActor } from '#libs/storage';
import type { FileEntry } from '../file-entry.js';
import { SEALED } from '../sealing/opened-credentials.js';
import { newKey } from '../sealing/passphrase-key.js';
import { placeOf } from '../sealing/place.js';

/** In one request to auth. */
const CREDENTIALS_MAX = 50;

/** An entry of an export, and the gateway whose credential goes along. */
export interface SealableEntry {
  readonly gatewayId: string;
  readonly entry: FileEntry;
}

/** Has auth seal what is kept for gateways; neither the registry nor the file sees it in the clear. */
@Injectable()
export class CredentialSealsService {
  constructor(@InjectBus() private readonly bus: Bus) {}

  /** The sealed credentials by gateway, for those that have one. */
  async seal(entries: readonly SealableEntry[], passphrase: string): Promise<ReadonlyMap<string, FileEntry>> {
    const { key, head } = await newKey(passphrase);
    const by = currentActor();
    const members = new Map<string, FileEntry>();
    for (let at = 0; at < entries.length; at += CREDENTIALS_MAX) {
      const part = entries.slice(at, at + CREDENTIALS_MAX);
      const request = {
        key: key.toString('base64'),
        credentials: part.map(({ gatewayId, entry }) => ({
          upstreamId: gatewayId,
          name: String(entry['name']),
          place: placeOf(entry),
        })),
        ...(by !== undefined && { by }),
      };
      const { sealed } = (await this.bus.ask(SealUpstreamCredentials, request)).head;
      for (const [index, { gatewayId }] of part.entries()) {
        const text = sealed[index];
        if (typeof text === 'string') members.set(gatewayId, { [SEALED]: `${head}${text}` });
      }
    }
    return members;
  }
}
