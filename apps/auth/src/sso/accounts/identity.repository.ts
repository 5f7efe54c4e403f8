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

  /** Whether the user is now the issuer's subject, and of no other subject of it: of several at once the first one stays. */
  async add(issuer: string, subject: string, userEmail: string): Promise<boolean> {
    return this.database.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${issuer}\n${userEmail}`]);
      const [known] = await manager.findBy(SsoIdentity, { issuer, userEmail });
      if (known !== undefined) return known.subject === subject;
      await manager
        .createQueryBuilder()
        .insert()
        .into(SsoIdentity)
        .values({ issuer, subject, userEmail })
        .orIgnore()
        .execute();
      return manager.existsBy(SsoIdentity, { issuer, subject, userEmail });
    });
  }
}
