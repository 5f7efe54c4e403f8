import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { ReadChallenge } from '#contracts/tool-invocation/web/read-challenge.request';
import { type Bus, InjectBus } from '#libs/bus';
import { fail, toGatewayError } from '#libs/errors';
import { acting } from '#libs/identity';
import type { GatewayEntity } from '../gateways/gateway.entity.js';
import { GatewayService } from '../gateways/gateway.service.js';
import { type RegistrySettings, SETTINGS } from '../registry.settings.js';
import { CatalogFileService } from './catalog-file.service.js';
import type { BulkRegisterBody, RegisterKnownServerBody } from './known-server.body.js';
import type { KnownServer } from './known-server.js';
import {
  type BulkRegisterView,
  KnownServerView,
  type KnownServerStatusView,
  type KnownServersView,
  RegisteredKnownServerView,
} from './known-server.view.js';
import type { KnownServersQuery } from './known-servers.query.js';
import { registrationOf } from './registration.js';

const PAGE = 100;
const CHECK_KEPT_MS = 30_000;

type Check = Pick<
  KnownServerStatusView,
  'is_available' | 'last_checked' | 'response_time_ms' | 'http_status' | 'error'
>;

/** Servers that are known by a file, and what of them is registered. Every method throws `http.not_found` where it is off. */
@Injectable()
export class KnownServersService {
  /** By URL: the catalog's length is their limit. */
  private readonly checks = new Map<string, Promise<Check>>();

  constructor(
    private readonly file: CatalogFileService,
    private readonly gateways: GatewayService,
    @InjectBus() private readonly bus: Bus,
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  async list(query: KnownServersQuery, principal: Principal): Promise<KnownServersView> {
    const { servers, problems } = await this.read();
    const registered = await this.registered(servers, principal);
    const views = servers.map((server) => new KnownServerView(server, registered(server)));
    const wanted = views.filter((view) => fits(view, query));
    const { offset = 0, limit = PAGE } = query;
    return {
      servers: wanted.slice(offset, offset + limit),
      total: wanted.length,
      categories: wordsOf(views.map(({ category }) => category)),
      auth_types: wordsOf(views.map(({ auth_type }) => auth_type)),
      providers: wordsOf(views.map(({ provider }) => provider)),
      all_tags: wordsOf(views.flatMap(({ tags }) => tags)),
      problems,
    };
  }

  /** Asks the server whether it is there, without a credential. Throws `registry.unknown`. */
  async status(id: string, principal: Principal): Promise<KnownServerStatusView> {
    const server = await this.find(id);
    const registered = await this.registered([server], principal);
    return { server_id: id, is_registered: registered(server).length > 0, ...(await this.check(server)) };
  }

  /** Throws `registry.unknown`, and what registering a gateway does. */
  async register(id: string, body: RegisterKnownServerBody, principal: Principal): Promise<RegisteredKnownServerView> {
    const registration = await registrationOf(await this.find(id), body);
    return new RegisteredKnownServerView(await this.gateways.register(registration, principal));
  }

  /** One after the other, as each would be by itself. */
  async registerSeveral(
    { serverIds, skipErrors = true, ...sight }: BulkRegisterBody,
    principal: Principal,
  ): Promise<BulkRegisterView> {
    const successful: string[] = [];
    const failed: { server_id: string; error: string }[] = [];
    await this.read();
    for (const id of serverIds) {
      try {
        await this.register(id, sight, principal);
        successful.push(id);
      } catch (error) {
        failed.push({ server_id: id, error: toGatewayError(error).message });
        if (!skipErrors) break;
      }
    }
    const counts = { total_attempted: successful.length + failed.length, total_successful: successful.length };
    return { successful, failed, ...counts };
  }

  private async read() {
    if (!this.settings.catalog.isEnabled) throw fail('http.not_found');
    return this.file.read();
  }

  private async find(id: string): Promise<KnownServer> {
    const server = (await this.read()).servers.find((each) => each.id === id);
    if (server === undefined) throw fail('registry.unknown', { message: `The catalog has no server "${id}"` });
    return server;
  }

  /** The gateways that the caller may read and see at the URL of each. */
  private async registered(
    servers: readonly KnownServer[],
    principal: Principal,
  ): Promise<(server: KnownServer) => readonly GatewayEntity[]> {
    const reader = acting(principal, ['servers.read', 'gateways.read']);
    const urls = servers.flatMap(({ url }) => spellingsOf(url));
    const found = reader === null ? [] : await this.gateways.findSeenAt(urls, reader);
    const byUrl = Map.groupBy(found, ({ url }) => bare(url ?? ''));
    return ({ url }) => byUrl.get(bare(url)) ?? [];
  }

  private check(server: KnownServer): Promise<Check> {
    const { url } = server;
    const known = this.checks.get(url);
    if (known !== undefined) return known;
    const check = this.ask(url);
    this.checks.set(url, check);
    setTimeout(() => this.checks.delete(url), CHECK_KEPT_MS).unref();
    return check;
  }

  private async ask(url: string): Promise<Check> {
    const beganAt = performance.now();
    const last_checked = new Date();
    try {
      const { status } = (await this.bus.ask(ReadChallenge, { url })).head;
      const response_time_ms = Math.round(performance.now() - beganAt);
      const is_available = status < 500;
      const error = is_available ? null : `It answered ${status}`;
      return { is_available, last_checked, response_time_ms, http_status: status, error };
    } catch (error) {
      const { message } = toGatewayError(error);
      return { is_available: false, last_checked, response_time_ms: null, http_status: null, error: message };
    }
  }
}

const fits = (view: KnownServerView, query: KnownServersQuery): boolean => {
  const { category, authType, provider, search, tags, showRegisteredOnly, showAvailableOnly } = query;
  const text = search?.toLowerCase() ?? '';
  return (
    (category === undefined || view.category === category) &&
    (authType === undefined || view.auth_type === authType) &&
    (provider === undefined || view.provider === provider) &&
    (tags === undefined || tags.some((tag) => view.tags.includes(tag))) &&
    (showRegisteredOnly !== true || view.is_registered) &&
    (showAvailableOnly !== true || view.is_available !== false) &&
    [view.name, view.description, view.provider, ...view.tags].some((each) => each.toLowerCase().includes(text))
  );
};

/** A path is the same with a slash at its end. */
const bare = (url: string): string => url.replace(/\/$/, '');
const spellingsOf = (url: string): string[] => [bare(url), `${bare(url)}/`];

const wordsOf = (words: readonly string[]): string[] => [...new Set(words)].sort();
