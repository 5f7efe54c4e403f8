import { Injectable } from '@nestjs/common';
import { DataSource, In, IsNull, MoreThan } from 'typeorm';
import { InjectDatabase, transact } from '#libs/storage';
import { Connector } from './connector.entity.js';

/** Those that are good at once. */
const GOOD_MAX = 1_000;

export interface ConnectorPage {
  readonly connectors: readonly Connector[];
  readonly total: number;
}

/** By what a connector is asked for was ended meanwhile: the token, or its user. */
const IS_ENDED = `
  SELECT EXISTS (SELECT FROM auth.revocations WHERE token_id = $1)
      OR EXISTS (SELECT FROM auth.api_tokens WHERE token_id = $1 AND revoked_at IS NOT NULL)
      OR EXISTS (SELECT FROM auth.users WHERE email = $2 AND (deleted_at IS NOT NULL OR NOT is_active)) AS ended`;

/** The rows of `auth.connectors`. */
@Injectable()
export class ConnectorRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  /** Forgets those that ended long ago. `too_many`: of those that are good. `ended`: what asks for it has ended since it was admitted. */
  async add(
    connector: Omit<Connector, 'createdAt' | 'revokedAt' | 'lastJoinedAt'>,
  ): Promise<Connector | 'too_many' | 'ended'> {
    return transact(this.database, async (manager) => {
      // Whoever ends a token ends its connectors afterwards: they wait for this, or this sees what they did.
      await manager.query('LOCK TABLE auth.connectors IN SHARE ROW EXCLUSIVE MODE');
      const { parentTokenId, createdBy } = connector;
      const [asked] = (await manager.query(IS_ENDED, [parentTokenId, createdBy])) as [{ ended: boolean }];
      if (asked.ended) return 'ended';
      await manager.query(`DELETE FROM auth.connectors WHERE expires_at < now() - interval '30 days'`);
      if ((await manager.countBy(Connector, good())) >= GOOD_MAX) return 'too_many';
      await manager.insert(Connector, connector);
      return manager.findOneByOrFail(Connector, { id: connector.id });
    });
  }

  /** Newest first. */
  async list(limit: number, offset: number): Promise<ConnectorPage> {
    const [connectors, total] = await this.database.getRepository(Connector).findAndCount({
      order: { createdAt: 'DESC', id: 'ASC' },
      take: limit,
      skip: offset,
    });
    return { connectors, total };
  }

  find(id: string): Promise<Connector | null> {
    return this.database.getRepository(Connector).findOneBy({ id });
  }

  /** One that is good, by the hash of its token; notes that it has joined. */
  async join(tokenHash: string): Promise<Connector | null> {
    const connectors = this.database.getRepository(Connector);
    const found = await connectors.findOneBy({ tokenHash, ...good() });
    if (found !== null) await connectors.update({ id: found.id }, { lastJoinedAt: () => 'now()' });
    return found;
  }

  async findGood(ids: readonly string[]): Promise<readonly string[]> {
    const rows = await this.database.getRepository(Connector).find({
      where: { id: In([...ids]), ...good() },
      select: { id: true },
    });
    return rows.map(({ id }) => id);
  }

  /** Ends its token for good; one that has ended stays as it is. */
  async revoke(id: string): Promise<void> {
    await this.database.getRepository(Connector).update({ id, revokedAt: IsNull() }, { revokedAt: () => 'now()' });
  }
}

const good = () => ({ revokedAt: IsNull(), expiresAt: MoreThan(new Date()) });
