import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase, transact } from '#libs/storage';
import { KeyRing } from '../../encryption/key-ring.js';
import { UpstreamCredentialRepository } from '../../upstream-credentials/upstream-credential.repository.js';
import { SsoProviderRow } from './provider.entity.js';
import type { SsoProvider } from './sso-provider.js';

/** More buttons than anybody reads. */
const PROVIDERS_MAX = 50;

/** The rows of `auth.sso_providers`, and their secrets among the credentials, encrypted as those of upstreams are. */
@Injectable()
export class ProviderRepository {
  constructor(
    @InjectDatabase('auth') private readonly database: DataSource,
    private readonly credentials: UpstreamCredentialRepository,
    private readonly keyRing: KeyRing,
  ) {}

  find(id: string): Promise<SsoProviderRow | null> {
    return this.database.getRepository(SsoProviderRow).findOneBy({ id });
  }

  list(): Promise<SsoProviderRow[]> {
    return this.database.getRepository(SsoProviderRow).find({ order: { id: 'ASC' } });
  }

  add(provider: SsoProvider): Promise<'taken' | 'too_many' | null> {
    return transact(this.database, async (manager) => {
      await manager.query('LOCK TABLE auth.sso_providers IN SHARE ROW EXCLUSIVE MODE');
      if (await manager.existsBy(SsoProviderRow, { id: provider.id })) return 'taken';
      if ((await manager.count(SsoProviderRow)) >= PROVIDERS_MAX) return 'too_many';
      await manager.insert(SsoProviderRow, columnsOf(provider));
      return null;
    });
  }

  async change(provider: SsoProvider): Promise<void> {
    const { id, ...columns } = columnsOf(provider);
    const rows = this.database.getRepository(SsoProviderRow);
    await rows.update({ id }, { ...columns, updatedAt: () => 'clock_timestamp()' });
  }

  async remove(id: string): Promise<void> {
    await this.database.getRepository(SsoProviderRow).delete({ id });
    await this.credentials.forget(sealedAs(id));
  }

  async keepSecret(id: string, secret: string | null): Promise<void> {
    const name = sealedAs(id);
    if (secret === null) await this.credentials.forget(name);
    else await this.credentials.keep(name, this.keyRing.seal(secret, name), randomUUID());
  }

  /** Rejects where no key opens it. */
  async secret(id: string): Promise<string | null> {
    const name = sealedAs(id);
    const row = await this.credentials.find(name);
    return row === null ? null : this.keyRing.open({ keyId: row.keyId, bytes: row.sealed }, name);
  }
}

const sealedAs = (id: string): string => `sso-provider:${id}`;

const columnsOf = (provider: SsoProvider) => ({
  id: provider.id,
  preset: provider.preset,
  name: provider.name,
  displayName: provider.displayName,
  issuer: provider.issuer,
  endpoints: provider.endpoints,
  clientId: provider.clientId,
  scopes: [...provider.scopes],
  domains: [...provider.domains],
  tenants: [...provider.tenants],
  createsUsers: provider.createsUsers,
  linksAccounts: provider.linksAccounts,
  rules: [...provider.rules],
  isEnabled: provider.isEnabled,
});
