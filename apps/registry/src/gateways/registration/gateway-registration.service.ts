import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import type { AccessScope } from '#contracts/registry/catalog';
import { fail, toGatewayError } from '#libs/errors';
import { CatalogChangesService } from '../../changes/catalog-changes.service.js';
import { GatewayEntriesService } from '../../entries/gateway-entries.service.js';
import type { ApiReading } from '../../sources/api-reading.js';
import { newObjectId } from '../../storage/stored.entity.js';
import { type Discovery, REFUSED_MAX, failedDiscovery, failureText } from '../discovery-result.js';
import { type ApiDiscovery, type KnownDiscovery, apiDiscovery } from '../api-discovery.service.js';
import { DiscoveryService } from '../discovery.service.js';
import { RegisterGatewayBody } from '../gateway.body.js';
import type { CredentialShape, GatewayEntity } from '../gateway.entity.js';
import { GatewayRepository } from '../gateway.repository.js';
import { type Connection, isByHand } from '../profile.js';
import { UpstreamCredentialService } from '../../credentials/upstream-credential.service.js';
import { newCredentialFrom, withUrlUser } from './credential-form.js';
import { assertNameFree, connectionFrom } from './gateway-connection.js';
import { type AddressSecrets, withAddress } from './sealed-address.js';
import { withCatalogUser } from './oauth-form.js';
import { assertHasTls, tlsFrom, withTls } from '../tls/upstream-tls.js';
import { RegistrationPolicies } from './registration-policies.js';

interface NewGateway {
  readonly body: RegisterGatewayBody;
  readonly connection: Connection;
  readonly scope: AccessScope;
  readonly credentialShape: CredentialShape;
}

/** Registers a gateway: what it offers is known, and all of it committed, before the caller hears that it worked. */
@Injectable()
export class GatewayRegistrationService {
  constructor(
    private readonly gateways: GatewayRepository,
    private readonly entries: GatewayEntriesService,
    private readonly discoveries: DiscoveryService,
    private readonly credentials: UpstreamCredentialService,
    private readonly changes: CatalogChangesService,
    private readonly policies: RegistrationPolicies,
  ) {}

  /**
   * Throws `http.invalid` for a body that makes no connection, `registry.name_taken`, `auth.grant_missing` or
   * `upstream.refused` for a STDIO gateway that is not allowed, and what the discovery fails with; nothing is kept then.
   */
  async register(given: RegisterGatewayBody, principal: Principal): Promise<GatewayEntity> {
    const body = withTransport(withUrlUser(given));
    if (body.transport !== 'OPENAPI' && body.openapi === undefined) return this.connect(body, principal);
    if (body.keepUnreachable === true) {
      throw fail('http.invalid', { message: 'keepUnreachable is not for HTTP APIs: their document is needed' });
    }
    const known = await this.discoveries.apis.readNew(body);
    return this.connect(at(body, known), principal, known);
  }

  /** Registers one tool of an HTTP API that was described by hand, as a gateway of its own. Throws as `register` does. */
  async registerTool(
    body: RegisterGatewayBody,
    reading: ApiReading,
    secrets: AddressSecrets,
    principal: Principal,
  ): Promise<GatewayEntity> {
    const known = apiDiscovery(reading, 'REST', secrets);
    return this.connect(Object.assign(at(body, known), { transport: 'REST' }), principal, known);
  }

  /** Registers a prompt or a resource that is kept here, as a gateway of its own. Throws as `register` does. */
  async registerOwn(body: RegisterGatewayBody, known: Discovery, principal: Principal): Promise<GatewayEntity> {
    return this.connect(Object.assign(body, { transport: 'OWN' }), principal, known);
  }

  /** `known`: what there is to discover, where nothing has to be asked for it. */
  private async connect(
    body: RegisterGatewayBody,
    principal: Principal,
    known?: KnownDiscovery,
  ): Promise<GatewayEntity> {
    const id = newObjectId();
    const { connection, transport, secrets } = connectionFrom(id, body, null, {
      policy: this.policies.stdio,
      principal,
    });
    const tls = tlsFrom(body, undefined) ?? null;
    assertHasTls(tls, connection);
    const asked = withTls(
      withAddress(newCredentialFrom(body, transport, connection.url), known?.secrets ?? secrets),
      tls,
    );
    const form = withCatalogUser(asked, principal.id);
    this.policies.assertMayExchange(form, principal);
    const scope = await this.policies.scopes.ofNew(principal, body);
    this.policies.changes.assertMayBecome({ changePolicy: null, teamId: scope.teamId }, body.changes, principal);
    this.policies.assertMayPass(body.passthroughHeaders, null, { transport, authType: form.shape.authType });
    assertNameFree(connection, await this.gateways.findNamesake(connection), principal);
    if (form.credential !== null) await this.credentials.keep(id, form.credential);
    try {
      // What auth has just been given it presents itself; where nothing is to be presented it need not be asked.
      const credential = form.credential === null ? null : undefined;
      const discovery =
        known ??
        (await this.discover(body, connection, transport, credential).catch((error: unknown) => {
          // Nobody can have consented to what is not there yet.
          const isKept = body.keepUnreachable === true ? isOfUpstream(error) : awaitsConsent(error);
          if (!isKept) throw error;
          this.discoveries.release(id, 'removed');
          return (
            this.discoveries.described.of(transport)?.unreached(body, error) ??
            failedDiscovery(connection.transport, error)
          );
        }));
      const asked = { body, connection, scope, credentialShape: form.shape };
      const gateway = await this.insert(asked, discovery, principal);
      this.changes.tell(gateway, principal, 'an upstream was registered');
      return gateway;
    } catch (error) {
      this.discoveries.release(id, 'removed');
      if (form.credential !== null) await this.credentials.tryToForget(id);
      throw error;
    }
  }

  /**
   * Tries a gateway again that could not be reached when it was registered; it is enabled where it answers. Throws what
   * the discovery fails with, and `http.conflict` when somebody else changed it meanwhile. `principal`: who wants it; null: a
   * consent has come.
   */
  async retry(before: GatewayEntity, principal: Principal | null): Promise<GatewayEntity> {
    const { id, transport } = before;
    if (transport === 'STDIO' && principal !== null) this.policies.stdio.assertAllowed(principal);
    // What it speaks has never been seen.
    const asked = transport === 'STREAMABLEHTTP' ? 'AUTO' : transport;
    const discovery = await this.discoveries.again(before, asked).catch(async (error: unknown) => {
      this.discoveries.release(id, 'removed');
      await this.gateways.update(id, { lastError: failureText(error) });
      this.changes.noteState('gateways');
      throw error;
    });
    return this.changes.make(async (manager, change) => {
      const current = await this.gateways.read(id, manager);
      if (current.updatedAt.getTime() !== before.updatedAt.getTime()) {
        throw fail('http.conflict', { message: 'The gateway was changed by somebody else meanwhile' });
      }
      await this.discoveries.apply(current, discovery, manager, change);
      await this.gateways.update(id, { enabled: true, updatedAt: new Date() }, manager);
      change.touchAllLists();
      change.upstreamIds.add(id);
      await change.touchServersOfGateway(id);
      change.upstreams.set(id, 'updated');
      return this.gateways.read(id, manager);
    });
  }

  private discover(
    body: RegisterGatewayBody,
    connection: Connection,
    transport: UpstreamTransport | 'AUTO',
    credential: UpstreamCredential | null | undefined,
  ): Promise<Discovery> {
    return (
      this.discoveries.described.of(transport)?.readNew(connection, body, credential) ??
      this.discoveries.discoverNew(connection, transport, credential)
    );
  }

  private async insert(asked: NewGateway, discovery: Discovery, principal: Principal): Promise<GatewayEntity> {
    const { body, connection, scope } = asked;
    const toolPrefix = body.toolPrefix ?? null;
    const { slug } = connection;
    const { toolNameStyle, found } = this.discoveries.readNew(discovery, {
      slug,
      toolPrefix,
      toolNameStyle: body.toolNameStyle,
    });
    const now = new Date();
    const tags = body.tags ?? [];
    return this.changes.make(async (manager, change) => {
      assertNameFree(connection, await this.gateways.findNamesake(connection, manager), principal);
      await this.gateways.insert(
        {
          ...connection,
          ...scope,
          ...found.description,
          onlyEra: connection.onlyEra ?? null,
          cwd: connection.cwd ?? null,
          args: [...connection.args],
          addresses: [...(connection.addresses ?? [])],
          addressStandings: [],
          description: body.description ?? null,
          tags,
          toolPrefix,
          toolNameStyle,
          passthroughHeaders: body.passthroughHeaders ?? null,
          sessionScope: body.sessionScope ?? null,
          listTtlMs: body.listTtlMs ?? null,
          listCacheScope: body.listCacheScope ?? null,
          newTools: body.newTools ?? null,
          changePolicy: body.changes ?? null,
          credentialShape: asked.credentialShape,
          refused: [...found.refused],
          enabled: discovery.failure === undefined,
          createdAt: now,
          updatedAt: now,
        },
        manager,
      );
      await this.discoveries.keepBeside(connection.id, discovery, manager);
      const entries = isByHand(connection) ? found.entries.map((entry) => ({ ...entry, tags })) : found.entries;
      await this.entries.insert(
        { ...connection, toolPrefix, toolNameStyle, serverInfo: found.description.serverInfo },
        entries,
        principal,
        manager,
      );
      const unfit = await this.discoveries.findUnfit(connection.id, manager);
      const refused = [...found.refused, ...unfit].slice(0, REFUSED_MAX);
      if (unfit.length > 0) await this.gateways.update(connection.id, { refused }, manager);
      change.touchAllLists();
      change.upstreamIds.add(connection.id);
      return this.gateways.read(connection.id, manager);
    });
  }
}

/** A gRPC server or an agent is one whether or not the body says so beside it. Throws `http.invalid` where it says another. */
const withTransport = (body: RegisterGatewayBody): RegisterGatewayBody => {
  for (const [member, transport] of DESCRIBED) {
    if (body[member] === undefined || body.transport === transport) continue;
    if (body.transport !== undefined)
      throw fail('http.invalid', { message: `${member} is for the transport ${transport}` });
    return withTransport(Object.assign(new RegisterGatewayBody(), body, { transport }));
  }
  return body;
};

const DESCRIBED = [
  ['grpc', 'GRPC'],
  ['a2a', 'A2A'],
] as const;

/** It is listed once the person has consented. */
const awaitsConsent = (error: unknown): boolean => toGatewayError(error).code === 'upstream.consent_needed';

/** Whether it was the upstream that failed, or the way to it. */
const isOfUpstream = (error: unknown): boolean => /^(?:upstream|bus)\./.test(toGatewayError(error).code);

/** The gateway is where its document says. */
const at = (body: RegisterGatewayBody, { reading }: ApiDiscovery): RegisterGatewayBody =>
  Object.assign(new RegisterGatewayBody(), body, { url: reading.baseUrl });
