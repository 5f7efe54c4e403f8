import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { holds, holdsIn } from '#libs/identity';
import { type ChangePolicy, isWeaker } from '../../entries/ledger/change-policy.js';
import { type RegistrySettings, SETTINGS } from '../../registry.settings.js';
import type { GatewayEntity } from '../gateway.entity.js';

/** Who may have changes of tools held back no longer: whoever may approve them. */
@Injectable()
export class ChangeRuleService {
  constructor(@Inject(SETTINGS) private readonly settings: RegistrySettings) {}

  /** The gateway as it was, or a new one as it is where nobody says otherwise. `wanted` undefined: it stays. Throws `auth.grant_missing`. */
  assertMayBecome(
    { changePolicy, teamId }: Pick<GatewayEntity, 'changePolicy' | 'teamId'>,
    wanted: ChangePolicy | null | undefined,
    principal: Principal,
  ): void {
    const fallback = this.settings.toolChanges;
    if (wanted === undefined || !isWeaker(wanted ?? fallback, changePolicy ?? fallback)) return;
    const mayApprove =
      teamId === null ? holds(principal, 'changes.approve') : holdsIn(principal, teamId, 'changes.approve');
    if (!mayApprove)
      throw fail('auth.grant_missing', {
        message: 'Letting more changes of its tools through needs the permission changes.approve',
      });
  }
}
