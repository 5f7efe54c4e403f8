import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { type AuthSettings, InjectAuthSettings } from '../../auth.settings.js';
import { administers } from '../../policy/grants.js';
import { slugOf } from '../../teams/slug.js';
import { TeamRepository } from '../../teams/team.repository.js';
import type { ChangeProviderBody, CreateProviderBody } from './provider.body.js';
import type { SsoProviderRow } from './provider.entity.js';
import { ProviderRepository } from './provider.repository.js';
import {
  type ProviderDescription,
  type SignInRule,
  type SsoProvider,
  describedProvider,
  describedRule,
} from './sso-provider.js';

/** A provider with what the gateway shows it. Secret. */
export interface KnownProvider {
  readonly provider: SsoProvider;
  readonly secret: string | null;
  /** Another one after each change. */
  readonly version: string;
}

/** A provider for whoever administers them. */
export interface ListedProvider {
  readonly provider: SsoProvider;
  /** `null`: it is of the settings. */
  readonly row: Pick<SsoProviderRow, 'createdAt' | 'updatedAt'> | null;
}

/** The providers at which people may sign in: those of the settings, and those that administrators made. */
@Injectable()
export class ProviderService {
  constructor(
    private readonly providers: ProviderRepository,
    private readonly teams: TeamRepository,
    @InjectAuthSettings() private readonly settings: AuthSettings,
  ) {}

  /** Those that may be used, for whoever has not signed in yet; none where there is no address to come back to. */
  async offered(): Promise<readonly SsoProvider[]> {
    if (!this.settings.sso.isEnabled || this.settings.publicUrl === null) return [];
    return (await this.list()).map(({ provider }) => provider).filter(({ isEnabled }) => isEnabled);
  }

  /** One that may be used. Throws `registry.unknown`. */
  async known(id: string): Promise<KnownProvider> {
    const { isEnabled, providers } = this.settings.sso;
    if (!isEnabled) throw fail('registry.unknown');
    const configured = providers.find(({ provider }) => provider.id === id);
    if (configured !== undefined) return { ...configured, version: 'settings' };
    const row = await this.providers.find(id);
    if (row === null || !row.isEnabled) throw fail('registry.unknown', { message: 'There is no such provider' });
    return { provider: row, secret: await this.providers.secret(id), version: row.updatedAt.toISOString() };
  }

  async list(): Promise<readonly ListedProvider[]> {
    const configured = this.settings.sso.providers.map(({ provider }) => ({ provider, row: null }));
    const kept = (await this.providers.list()).filter(({ id }) => !this.isConfigured(id));
    return [...configured, ...kept.map((row) => ({ provider: row, row }))];
  }

  /** Throws `registry.unknown`. */
  async get(id: string): Promise<ListedProvider> {
    const found = (await this.list()).find(({ provider }) => provider.id === id);
    if (found === undefined) throw fail('registry.unknown');
    return found;
  }

  /** Who says who people are, and makes them administrators, is one. Throws `auth.grant_missing`, `http.invalid`, `http.conflict`. */
  async create(caller: Principal, body: CreateProviderBody): Promise<ListedProvider> {
    checkMay(caller);
    const described = await this.withTeams(checked(descriptionOf(body.id, body)));
    const taken = this.isConfigured(described.id) ? 'taken' : await this.providers.add(described);
    if (taken === 'taken') throw fail('http.conflict', { message: `There is a provider "${described.id}" already` });
    if (taken === 'too_many') throw fail('http.conflict', { message: 'There are as many providers as may be' });
    await this.providers.keepSecret(described.id, body.clientSecret ?? null);
    return this.get(described.id);
  }

  /** What is left out stays. Throws as `create` does, and `registry.unknown`. */
  async change(caller: Principal, id: string, body: ChangeProviderBody): Promise<ListedProvider> {
    checkMay(caller);
    const { provider } = await this.changeable(id);
    const changes = Object.fromEntries(
      Object.entries(descriptionOf(id, body)).filter(([, value]) => value !== undefined),
    );
    const endpoints = { ...provider.endpoints, ...(changes['endpoints'] as object | undefined) };
    // A secret is shown to nobody but for whom it was given.
    const moves =
      (body.issuer ?? provider.issuer) !== provider.issuer || !isDeepStrictEqual(endpoints, { ...provider.endpoints });
    if (moves && body.clientSecret === undefined)
      throw fail('http.invalid', { message: 'client_secret: give it anew with another address of the provider' });
    const rules = provider.rules.map(describedRule);
    const described = checked({ ...provider, rules, ...changes, endpoints, id, preset: provider.preset });
    await this.providers.change(await this.withTeams(described));
    if (body.clientSecret !== undefined) await this.providers.keepSecret(id, body.clientSecret);
    return this.get(id);
  }

  /** Who signed in with it stays signed in. Throws as `change` does. */
  async remove(caller: Principal, id: string): Promise<void> {
    checkMay(caller);
    await this.changeable(id);
    await this.providers.remove(id);
  }

  private async changeable(id: string): Promise<ListedProvider> {
    const found = await this.get(id);
    if (found.row === null)
      throw fail('http.conflict', { message: 'The provider is of the settings: change it there' });
    return found;
  }

  private isConfigured(id: string): boolean {
    return this.settings.sso.providers.some(({ provider }) => provider.id === id);
  }

  /** Teams by their ids, so that nobody else's team takes the place of one that is gone; those that are not there are made. */
  private async withTeams(provider: SsoProvider): Promise<SsoProvider> {
    const names = provider.rules.flatMap(({ teams }) => teams);
    const there = await this.teams.named(names);
    for (const name of names)
      if (!there.has(name)) await this.teams.ensure(name, slugOf(name) ?? name, this.settings.platformAdmin.email);
    const ids = await this.teams.named(names);
    const gone = names.find((name) => !ids.has(name));
    if (gone !== undefined) throw fail('http.invalid', { message: `rules: the team "${gone}" was deleted` });
    const rules: readonly SignInRule[] = provider.rules.map((rule) => ({
      ...rule,
      teams: rule.teams.map((name) => ids.get(name) ?? name),
    }));
    return { ...provider, rules };
  }
}

const checkMay = (caller: Principal): void => {
  if (!administers(caller))
    throw fail('auth.grant_missing', { message: 'Only an administrator says who may vouch for people' });
};

const checked = (description: ProviderDescription): SsoProvider => {
  try {
    return describedProvider(description);
  } catch (error) {
    throw fail('http.invalid', { message: `The provider is not valid: ${(error as Error).message}` });
  }
};

const descriptionOf = (id: string, body: Partial<CreateProviderBody>): ProviderDescription =>
  ({
    id,
    preset: body.preset ?? (body.providerType === 'oauth2' ? 'github' : undefined),
    name: body.name,
    displayName: body.displayName,
    issuer: body.issuer ?? undefined,
    endpoints: endpointsOf(body),
    clientId: body.clientId,
    scopes: body.scope?.split(' ').filter((scope) => scope !== ''),
    domains: body.trustedDomains,
    tenants: body.tenants,
    createsUsers: body.autoCreateUsers,
    linksAccounts: body.linkAccounts,
    rules: rulesOf(body),
    isEnabled: body.isEnabled,
  }) as ProviderDescription;

const endpointsOf = (body: Partial<CreateProviderBody>): ProviderDescription['endpoints'] => {
  const given = {
    ...(body.authorizationUrl && { authorization: body.authorizationUrl }),
    ...(body.tokenUrl && { token: body.tokenUrl }),
    ...(body.userinfoUrl && { userinfo: body.userinfoUrl }),
    ...(body.jwksUri && { jwks: body.jwksUri }),
  };
  return Object.keys(given).length === 0 ? undefined : given;
};

/** `team_mapping` is the short form of rules over groups. */
const rulesOf = ({ rules, teamMapping }: Partial<CreateProviderBody>): readonly unknown[] | undefined => {
  if (rules === undefined && teamMapping === undefined) return undefined;
  const mapped = Object.entries(teamMapping ?? {}).map(([value, team]) => ({ claim: 'groups', value, teams: [team] }));
  return [...(rules ?? []), ...mapped];
};
