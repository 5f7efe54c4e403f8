import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';
import { SsoIdentity } from './identity.entity.js';

/** The rows of `auth.sso_identities`. */
@Injectable()
export class IdentityRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  find(issuer: string, subject: string): Promise<SsoIdentity | null> {
    return this.database.getRepository(SsoIdentity).findOneBy({ issuer, subject });
  }

  /** Whether the issuer, or any, knows the user already, as anybody. */
  isKnown(userEmail: string, issuer?: string): Promise<boolean> {
    return this.database.getRepository(SsoIdentity).existsBy({ userEmail, ...(issuer !== undefined && { issuer }) });
  }

  /** The first one stays. */
  async add(issuer: string, subject: string, userEmail: string): Promise<void> {
    await this.database
      .createQueryBuilder()
      .insert()
      .into(SsoIdentity)
      .values({ issuer, subject, userEmail })
      .orIgnore()
      .execute();
  }
}
