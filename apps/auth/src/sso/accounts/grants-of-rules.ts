import { Injectable } from '@nestjs/common';
import { GrantsChanged } from '#contracts/auth/credential-revoked.event';
import { type Bus, InjectBus } from '#libs/bus';
import { type Claims, matchingRules } from '../../jwt/claim-rules.js';
import type { SsoProvider } from '../providers/sso-provider.js';
import { RolesOfRules } from './roles-of-rules.js';
import { TeamsOfRules } from './teams-of-rules.js';

/**
 * What the rules of a provider give, as memberships and roles like any other, marked as the provider's: at each sign-in those
 * that hold no longer are taken back, and nothing that somebody else gave.
 */
@Injectable()
export class GrantsOfRules {
  constructor(
    private readonly teams: TeamsOfRules,
    private readonly roles: RolesOfRules,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /** Announced once it is committed. */
  async give({ id, rules }: SsoProvider, claims: Claims, email: string): Promise<void> {
    // No user has such a name.
    const giver = `sso:${id}`;
    const holding = matchingRules(claims, rules);
    const teamIds = await this.teams.named(holding.flatMap(({ teams }) => teams));
    const changes = [
      await this.teams.give(giver, email, [...new Set(teamIds.values())]),
      await this.roles.give(giver, email, holding, teamIds),
    ];
    if (!changes.includes(true)) return;
    this.bus.publish(GrantsChanged, { principalId: email });
    await this.bus.flush();
  }
}
