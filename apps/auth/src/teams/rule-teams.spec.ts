import { describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { Starting } from '#libs/service';
import { createLogger } from '#libs/telemetry';
import { authOptions } from '../auth.config.js';
import { settingsOf } from '../auth.settings.js';
import { RuleTeams, isRuleSlug } from './rule-teams.js';
import type { Team } from './team.entity.js';
import type { TeamRepository } from './team.repository.js';

const issuer = {
  issuer: 'https://login.example.org',
  domains: ['example.org'],
  rules: [{ claim: 'groups', value: 'makers', teams: ['Tool Makers'] }],
};
const settings = settingsOf(
  parseConfig(authOptions, { PUBLIC_URL: 'https://mcp.example.org', TRUSTED_ISSUERS: JSON.stringify([issuer]) }),
);

/** What is logged at the start where `other` has the slug of the rule. */
const started = async (other: Partial<Team> | null) => {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'auth',
    level: 'warn',
    destination: { write: (line) => void lines.push(line) },
  });
  const asked: unknown[] = [];
  const teams = {
    ensure: async (...facts: unknown[]) => {
      asked.push(facts);
      return other;
    },
  } as unknown as TeamRepository;
  const { signal } = new AbortController();
  const starting = new Starting({ what: 'PostgreSQL', attemptsMax: 1, intervalMs: 1, signal, logger });
  await new RuleTeams(settings, teams, starting, logger).onModuleInit();
  expect(asked).toEqual([['Tool Makers', 'tool-makers', settings.platformAdmin.email]]);
  return lines;
};

describe('teams of rules', () => {
  it('RuleTeams warns of another team that has the slug of one', async () => {
    expect(await started(null)).toEqual([]);
    const [line = ''] = await started({ id: 'of-ann', slug: 'tool-makers', createdBy: 'ann@example.org' });
    expect(JSON.parse(line)).toMatchObject({
      ruleTeam: 'Tool Makers',
      teamId: 'of-ann',
      slug: 'tool-makers',
      msg: expect.stringContaining('TRUSTED_ISSUERS'),
    });
  });

  it('isRuleSlug knows the slug of a team however a rule names it', () => {
    expect(isRuleSlug(settings, 'tool-makers')).toBe(true);
    expect(isRuleSlug(settings, 'tool-maker')).toBe(false);
    expect(isRuleSlug(settingsOf(parseConfig(authOptions, {})), 'tool-makers')).toBe(false);
  });
});
