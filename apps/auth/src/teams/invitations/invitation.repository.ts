import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, MoreThan } from 'typeorm';
import { InjectDatabase, transact } from '#libs/storage';
import { Invitation } from './invitation.entity.js';

export type NewInvitation = Pick<Invitation, 'teamId' | 'email' | 'role' | 'invitedBy' | 'expiresAt'>;

/** The rows of `auth.invitations`: those that were neither accepted nor cancelled. */
@Injectable()
export class InvitationRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  /** `null` where `openMax` of the team are open; another one for the same address takes the place of the first. */
  add(invitation: NewInvitation, openMax: number): Promise<Invitation | null> {
    return transact(this.database, async (manager) => {
      await manager.query('SELECT FROM auth.teams WHERE id = $1 FOR UPDATE', [invitation.teamId]);
      const { teamId, email } = invitation;
      await manager.query('DELETE FROM auth.invitations WHERE team_id = $1 AND (email = $2 OR expires_at < now())', [
        teamId,
        email,
      ]);
      if ((await manager.countBy(Invitation, { teamId })) >= openMax) return null;
      const token = randomBytes(32).toString('base64url');
      await manager.insert(Invitation, { ...invitation, token });
      return manager.findOneByOrFail(Invitation, { token });
    });
  }

  list(teamId: string): Promise<Invitation[]> {
    return this.database.getRepository(Invitation).find({ where: { teamId }, order: { invitedAt: 'ASC', id: 'ASC' } });
  }

  find(id: string): Promise<Invitation | null> {
    return this.database.getRepository(Invitation).findOneBy({ id });
  }

  /** One that has not expired. */
  findOpen(token: string): Promise<Invitation | null> {
    return this.database.getRepository(Invitation).findOneBy({ token, expiresAt: MoreThan(new Date()) });
  }

  /** False where it was not there any more. */
  async remove(id: string): Promise<boolean> {
    const { affected } = await this.database.getRepository(Invitation).delete({ id });
    return affected === 1;
  }
}
