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

/** The rows of `auth.connectors`. */
@Injectable()
export class ConnectorRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  /** Forgets those that ended long ago. `too_many`: of those that are good. */
  async add(connector: Omit<Connector, 'createdAt' | 'revokedAt' | 'lastJoinedAt'>): Promise<Connector | 'too_many'> {
    return transact(this.database, async (manager) => {
      await manager.query('LOCK TABLE auth.connectors IN SHARE ROW EXCLUSIVE MODE');
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
