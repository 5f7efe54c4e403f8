import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase, PendingEvents, transact } from '#libs/storage';
import { type Standing, hasEnded } from '../../policy/standing.js';
import type { Token } from '../token.entity.js';
import { noteEnded } from '../token.repository.js';

/** A link by which a token is taken. */
export interface HandOverLink {
  readonly id: string;
  readonly expiresAt: Date;
}

const BY = 'hand-over';

/** Which links were made and used, for the audit trail; those that were used, so that each is good once. */
@Injectable()
export class HandOverRepository {
  constructor(
    @InjectDatabase('auth') private readonly database: DataSource,
    private readonly audit: PendingEvents,
  ) {}

  noteOffered(record: Token, { id, expiresAt }: HandOverLink): Promise<void> {
    return this.audit.note({ ...resourceOf(record), action: 'token.handed_over', after: { link: id, expiresAt } });
  }

  /** Uses the link up. False where it was before, or the token has ended (`standing`). */
  take(record: Token, { id, expiresAt }: HandOverLink, standing: Standing, address: string): Promise<boolean> {
    return transact(this.database, async (manager) => {
      if (await hasEnded(manager, standing)) return false;
      if (!(await noteEnded(manager, id, expiresAt, BY))) return false;
      // By whoever has the link, who need not be its user.
      const taken = { ...resourceOf(record), action: 'token.taken', actor: null, after: { link: id, address } };
      await this.audit.note(taken, manager);
      return true;
    });
  }
}

const resourceOf = ({ id, name }: Token) => ({ resourceType: 'token', resourceId: id, resourceName: name });
