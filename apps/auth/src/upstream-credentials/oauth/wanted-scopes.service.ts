import { Injectable } from '@nestjs/common';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type AuthSettings, InjectAuthSettings } from '../../auth.settings.js';
import { moreConsentNeeded } from './personal-grant.js';
import { type TokenKey, UpstreamTokenRepository } from './upstream-token.repository.js';

/** Of one consent, so that an upstream which always wants another comes to an end. */
const SCOPES_MAX = 64;

/** What upstreams want consents to cover besides. https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization */
@Injectable()
export class WantedScopes {
  constructor(
    private readonly rows: UpstreamTokenRepository,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /**
   * Notes what an upstream wants for a person. Throws `upstream.consent_needed` where a new consent can give it: not where they were asked for
   * all of it, whatever came of that.
   */
  async want({ upstreamId, userEmail }: TokenKey, scopes: readonly string[]): Promise<void> {
    const key = { upstreamId, userEmail: userEmail.toLowerCase() };
    const consent = await this.rows.consentOf(key);
    if (consent === null) return;
    const fresh = scopes.filter((scope) => !consent.asked.includes(scope));
    const all = [...new Set([...consent.wanted, ...scopes])];
    if (fresh.length === 0 || new Set([...consent.asked, ...all]).size > SCOPES_MAX) return;
    if (all.length > consent.wanted.length) {
      await this.rows.want(key, all);
      this.logger.info({ upstreamId, scopes: fresh }, 'an upstream wants a consent to cover more');
    }
    throw moreConsentNeeded(this.settings.publicUrl, upstreamId, fresh);
  }
}
