import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { UpstreamConsentChanged } from '#contracts/auth/credential-revoked.event';
import { type Bus, InjectBus } from '#libs/bus';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type AuthSettings, InjectAuthSettings } from '../../../auth.settings.js';
import { TOKEN_STORE, type TokenStore } from '../token-store.js';
import type { TokenKey } from '../upstream-token.repository.js';
import { type ExchangedOf, ExchangedTokenRepository } from './exchanged-token.repository.js';

const SWEEP_EVERY_MS = 15_000;

/** The end of what callers' tokens were exchanged for: with the token that was exchanged, by itself, or to make room. */
@Injectable()
export class ExchangedTokens implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly rows: ExchangedTokenRepository,
    @Inject(TOKEN_STORE) private readonly store: TokenStore,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectBus() private readonly bus: Bus,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Where no issuer has its tokens exchanged there is nothing to come. */
  onApplicationBootstrap(): void {
    const isOn = this.settings.signIn?.issuers.some(({ exchangeAt }) => exchangeAt !== undefined) ?? false;
    if (isOn) this.timer = setInterval(() => this.sweep(), SWEEP_EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await this.sweeping;
  }

  /** For one more of this person at this upstream. */
  async makeRoom(key: TokenKey): Promise<void> {
    await this.forget(await this.rows.oldest(key));
  }

  /** Whoever remembers what was shown of it drops it. */
  async endOf(which: ExchangedOf): Promise<void> {
    const ended = await this.rows.of(which);
    for (const { upstreamId, userEmail: principalId } of ended)
      this.bus.publish(UpstreamConsentChanged, { upstreamId, principalId, isGiven: false, isCatalogs: false });
    await this.forget(ended);
  }

  /** One at a time; replicas may do it twice. */
  private sweep(): void {
    this.sweeping ??= this.rows
      .passed()
      .then((ended) => this.forget(ended))
      .catch((error: unknown) => {
        this.logger.warn({ err: error }, 'what callers’ tokens were exchanged for could not be swept');
      })
      .finally(() => (this.sweeping = undefined));
  }

  /** The row goes last: what the store does not give up now has one still, and is swept. */
  private async forget(ended: readonly TokenKey[]): Promise<void> {
    for (const key of ended) {
      if (this.closed) return;
      try {
        await this.store.forget(key);
        await this.rows.forget(key);
      } catch (error) {
        const { upstreamId } = key;
        this.logger.warn(
          { err: error, upstreamId },
          'what a caller’s token was exchanged for could not be forgotten yet',
        );
      }
    }
  }
}
