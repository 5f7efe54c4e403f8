import { Injectable } from '@nestjs/common';
import { Starting } from '#libs/service';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { slugOf } from './slug.js';
import { TeamRepository } from './team.repository.js';

/**
 * The teams that rules of TRUSTED_ISSUERS and of SSO_RULES name exist from the start, so that things can be kept for them. One that is there,
 * by id or slug, or was deleted, stays as it is. Another team that has such a slug gets the people of the rule, so the log
 * names it.
 */
@Injectable()
export class RuleTeams {
  constructor(
    @InjectAuthSettings() private readonly settings: AuthSettings,
    private readonly teams: TeamRepository,
    private readonly starting: Starting,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  onModuleInit(): Promise<void> {
    return this.starting.untilDone(() => this.ensure());
  }

  private async ensure(): Promise<void> {
    for (const name of ruleTeamsOf(this.settings)) {
      const other = await this.teams.ensure(name, slugOf(name) ?? name, this.settings.platformAdmin.email);
      if (other !== null)
        this.logger.warn(
          { ruleTeam: name, teamId: other.id, slug: other.slug, createdBy: other.createdBy },
          'a team has the slug that a rule of TRUSTED_ISSUERS or SSO_RULES names: see to it that it is meant, or name the team in the rule by its id',
        );
    }
  }
}

/** What rules of issuers call teams: ids or slugs. */
export const ruleTeamsOf = ({ signIn, sso }: RuleSettings): ReadonlySet<string> =>
  new Set(
    [...(signIn?.issuers ?? []), ...sso.providers.map(({ provider }) => provider)].flatMap(({ rules }) =>
      rules.flatMap(({ teams }) => teams),
    ),
  );

type RuleSettings = Pick<AuthSettings, 'signIn' | 'sso'>;

/** Whether people may get into a team of that slug by a rule. */
export const isRuleSlug = (settings: RuleSettings, slug: string): boolean =>
  [...ruleTeamsOf(settings)].some((name) => name === slug || slugOf(name) === slug);
