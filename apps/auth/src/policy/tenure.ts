import { Injectable } from '@nestjs/common';
import type { Grant } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { type AccountStatus, AccountStatusRepository } from './account-status.repository.js';
import { narrow } from './grants.js';

/** For how long somebody holds what they hold. */
export interface Tenure {
  /**
   * Throws `auth.grant_missing` for a permission that ends for them before `untilMs`, `null` being never: for all that they
   * see, or in the team that is named; and for one that has ended since they were let in.
   */
  checkOutlasts(permissions: readonly Grant[], teamId: string | null, untilMs: number | null): void;
}

/** What somebody holds by a role that expires, they make nobody hold for longer, themselves neither. */
@Injectable()
export class Tenures {
  constructor(private readonly statuses: AccountStatusRepository) {}

  async of(caller: Principal): Promise<Tenure> {
    const held = heldBy(await this.statuses.find(caller.id, '', []));
    // Nobody else administers without a role or an account that says so.
    const isUnending = caller.isAdmin && (caller.isAdminByIssuer === true || caller.kind === 'anonymous');
    return isUnending ? UNENDING : { checkOutlasts: outlasting(held) };
  }

  /** Throws as `Tenure.checkOutlasts` does where the user holds something for longer than the caller. */
  async checkOutlastsUser(caller: Principal, email: string): Promise<void> {
    const tenure = await this.of(caller);
    const status = await this.statuses.find(email, '', []);
    for (const { permissions, teamId, expiresAtMs } of heldBy(status))
      tenure.checkOutlasts(without(permissions, status.roles.base), teamId, expiresAtMs);
  }
}

type Held = AccountStatus['roles']['assigned'];

const UNENDING: Tenure = { checkOutlasts: () => {} };

const heldBy = ({ user, roles: { base, assigned } }: AccountStatus): Held => [
  { teamId: null, permissions: user?.isAdmin ? ['*'] : base.filter((name) => name !== '*'), expiresAtMs: null },
  ...assigned,
];

const without = (permissions: readonly Grant[], base: readonly Grant[]): readonly Grant[] =>
  permissions.filter((name) => !covers(base, name));

const covers = (permissions: readonly Grant[], name: Grant): boolean => narrow(permissions, [name]).includes(name);

const outlasting =
  (held: Held): Tenure['checkOutlasts'] =>
  (permissions, teamId, untilMs) => {
    for (const name of permissions) {
      const ends = held
        .filter((given) => (given.teamId === null || given.teamId === teamId) && covers(given.permissions, name))
        .map(({ expiresAtMs }) => expiresAtMs);
      if (ends.includes(null)) continue;
      if (ends.length === 0)
        throw fail('auth.grant_missing', { message: `You do not hold the permission ${name} yourself` });
      const endMs = Math.max(...ends.map(Number));
      if (untilMs !== null && untilMs <= endMs) continue;
      throw fail('auth.grant_missing', {
        message: `You hold the permission ${name} until ${new Date(endMs).toISOString()} yourself: give it for no longer`,
      });
    }
  };
