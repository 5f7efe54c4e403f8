import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase, transact } from '#libs/storage';
import { JoinRequest } from './join-request.entity.js';

export type NewJoinRequest = Pick<JoinRequest, 'teamId' | 'userEmail' | 'message' | 'expiresAt'>;

/** The rows of `auth.join_requests`: those that nobody has decided. */
@Injectable()
export class JoinRequestRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  /** `null` where the user has asked already, or `openMax` of the team are open. */
  add(request: NewJoinRequest, openMax: number): Promise<JoinRequest | null> {
    const { teamId, userEmail } = request;
    return transact(this.database, async (manager) => {
      await manager.query('SELECT FROM auth.teams WHERE id = $1 FOR UPDATE', [teamId]);
      await manager.query('DELETE FROM auth.join_requests WHERE team_id = $1 AND expires_at < now()', [teamId]);
      if (await manager.existsBy(JoinRequest, { teamId, userEmail })) return null;
      if ((await manager.countBy(JoinRequest, { teamId })) >= openMax) return null;
      await manager.insert(JoinRequest, request);
      return manager.findOneByOrFail(JoinRequest, { teamId, userEmail });
    });
  }

  /** The oldest first. */
  list(teamId: string): Promise<JoinRequest[]> {
    return this.database
      .getRepository(JoinRequest)
      .createQueryBuilder('request')
      .where('request.team_id = :teamId AND request.expires_at > now()', { teamId })
      .orderBy('request.requested_at')
      .addOrderBy('request.id')
      .getMany();
  }

  find(teamId: string, id: string): Promise<JoinRequest | null> {
    return this.database
      .getRepository(JoinRequest)
      .createQueryBuilder('request')
      .where('request.team_id = :teamId AND request.id = :id AND request.expires_at > now()', { teamId, id })
      .getOne();
  }

  /** False where it was not there any more. */
  async remove(id: string): Promise<boolean> {
    const { affected } = await this.database.getRepository(JoinRequest).delete({ id });
    return affected === 1;
  }
}
