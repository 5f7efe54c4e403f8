import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { fail } from '#libs/errors';
import { CLIENT_ADDRESS, type ClientAddress, networkOf } from '#libs/identity';
import { type AuthSettings, InjectAuthSettings } from '../../auth.settings.js';
import { ArtifactRepository } from '../storage/artifact.repository.js';

const WINDOW_MS = 60_000;
const PER_WINDOW_MAX = 60;
const ADDRESSES_MAX = 10_000;

/** Limits how many clients strangers may introduce: those that register themselves, and documents that have to be fetched. */
@Injectable()
export class Introductions {
  private readonly counts = new LRUCache<string, { count: number }>({ max: ADDRESSES_MAX, ttl: WINDOW_MS });

  constructor(
    private readonly artifacts: ArtifactRepository,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @Inject(CLIENT_ADDRESS) private readonly addressOf: ClientAddress,
  ) {}

  /** Throws `http.rate_limited` where too many came from the address within a minute. */
  count(request: IncomingMessage): void {
    const address = networkOf(this.addressOf(request));
    const entry = this.counts.get(address) ?? { count: 0 };
    if (entry.count === 0) this.counts.set(address, entry);
    entry.count++;
    if (entry.count <= PER_WINDOW_MAX) return;
    const retryAfterMs = Math.ceil(this.counts.getRemainingTTL(address));
    throw fail('http.rate_limited', {
      message: 'Too many clients are introduced from this address',
      data: { limitOf: 'clients', kind: 'rate', limit: PER_WINDOW_MAX, windowMs: WINDOW_MS, retryAfterMs },
    });
  }

  /** Rejects with `http.overloaded` where as many are registered as may be. */
  async checkRoom(): Promise<void> {
    const { clientsMax = 0 } = this.settings.authorizationServer ?? {};
    if ((await this.artifacts.count('Client')) >= clientsMax)
      throw fail('http.overloaded', { message: 'Too many clients are registered; try again in a while' });
  }
}
