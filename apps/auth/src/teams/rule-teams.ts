import { Injectable } from '@nestjs/common';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { slugOf } from './slug.js';
import { TeamRepository } from './team.repository.js';

/**
 * The teams that rules of TRUSTED_ISSUERS name exist from the start, so that things can be kept for them. One that is there,
 * by id or slug, or was deleted, stays as it is.
 */
@Injectable()
export class RuleTeams {
  constructor(
    @InjectAuthSettings() private readonly settings: AuthSettings,
    private readonly teams: TeamRepository,
  ) {}

  async onModuleInit(): Promise<void> {
    const rules = this.settings.signIn?.issuers.flatMap((issuer) => issuer.rules) ?? [];
    for (const name of new Set(rules.flatMap(({ teams }) => teams)))
      await this.teams.ensure(name, slugOf(name) ?? name, this.settings.platformAdmin.email);
  }
}
