import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';

/** The domains of whose e-mail addresses others than the gateway say whose they are. */
@Injectable()
export class VouchedDomains {
  constructor(
    @InjectDatabase('auth') private readonly database: DataSource,
    @InjectAuthSettings() private readonly settings: AuthSettings,
  ) {}

  /** Whether a trusted issuer or an identity provider speaks for users of the address. */
  async includes(email: string): Promise<boolean> {
    const wanted = ['*', email.slice(email.lastIndexOf('@') + 1).toLowerCase()];
    const { signIn, sso } = this.settings;
    const named = [...(signIn?.issuers ?? []), ...sso.providers.map(({ provider }) => provider)];
    if (named.some(({ domains }) => domains.some((domain) => wanted.includes(domain)))) return true;
    if (!sso.isEnabled) return false;
    const rows: unknown[] = await this.database.query(
      'SELECT id FROM auth.sso_providers WHERE is_enabled AND domains && $1::text[] LIMIT 1',
      [wanted],
    );
    return rows.length > 0;
  }
}
