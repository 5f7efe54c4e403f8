import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { fail } from '#libs/errors';
import { CLIENT_ADDRESS, type ClientAddress, networkOf } from '#libs/identity';
import { type AuthSettings, InjectAuthSettings } from '../../auth.settings.js';
import { ArtifactRepository } from '../storage/artifact.repository.js';

const WINDOW_MS = 60_000;
const PER_WINDOW_MAX = 60;
/** Of sign-ins that are begun and tokens that are asked for. */
const STEPS_PER_WINDOW_MAX = 600;
const ADDRESSES_MAX = 10_000;

/** Limits what strangers may begin: clients that register themselves, documents that have to be fetched, sign-ins, tokens. */
@Injectable()
export class Introductions {
  private readonly counts = new LRUCache<string, { count: number }>({ max: ADDRESSES_MAX, ttl: WINDOW_MS });
  private readonly steps = new LRUCache<string, { count: number }>({ max: ADDRESSES_MAX, ttl: WINDOW_MS });

  constructor(
    private readonly artifacts: ArtifactRepository,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @Inject(CLIENT_ADDRESS) private readonly addressOf: ClientAddress,
  ) {}

  /** Throws `http.rate_limited` where too many came from the address within a minute. */
  count(request: IncomingMessage): void {
    this.countIn(this.counts, request, PER_WINDOW_MAX, 'Too many clients are introduced from this address');
  }

  /** Throws `http.rate_limited` where too many sign-ins were begun or tokens asked for from the address within a minute. */
  countStep(request: IncomingMessage): void {
    this.countIn(this.steps, request, STEPS_PER_WINDOW_MAX, 'Too much is asked for from this address');
  }

  private countIn(
    counts: LRUCache<string, { count: number }>,
    request: IncomingMessage,
    limit: number,
    message: string,
  ): void {
    const address = networkOf(this.addressOf(request));
    const entry = counts.get(address) ?? { count: 0 };
    if (entry.count === 0) counts.set(address, entry);
    entry.count++;
    if (entry.count <= limit) return;
    const retryAfterMs = Math.ceil(counts.getRemainingTTL(address));
    throw fail('http.rate_limited', {
      message,
      data: { limitOf: 'clients', kind: 'rate', limit, windowMs: WINDOW_MS, retryAfterMs },
    });
  }

  /**
   * Where as many are registered as may be, the oldest goes that nobody has consented to. Rejects with `http.overloaded` where
   * there is none.
   */
  async makeRoom(): Promise<void> {
    const { clientsMax = 0 } = this.settings.authorizationServer ?? {};
    if ((await this.artifacts.count('Client')) >= clientsMax && !(await this.artifacts.removeOldestUnused('Client')))
      throw fail('http.overloaded', { message: 'Too many clients are registered; try again in a while' });
  }
}
