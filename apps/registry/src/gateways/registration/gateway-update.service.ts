import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import { fail } from '#libs/errors';
import { CatalogChangesService, type PartOfChange } from '../../changes/catalog-changes.service.js';
import { GatewayEntriesService } from '../../entries/gateway-entries.service.js';
import { namingOf } from '../../entries/names/naming.js';
import { newObjectId } from '../../storage/stored.entity.js';
import type { KnownDiscovery } from '../api-discovery.service.js';
import type { Discovery } from '../discovery-result.js';
import { DiscoveryService } from '../discovery.service.js';
import { UpdateGatewayBody } from '../gateway.body.js';
import { GatewayEntity } from '../gateway.entity.js';
import { GatewayRepository } from '../gateway.repository.js';
import { type Connection, isApi, profileOf, reachesSameUpstream, speaksMcp } from '../profile.js';
import { reachesElsewhere } from '../addresses/addresses.js';
import { UpstreamCredentialService } from '../../credentials/upstream-credential.service.js';
import { type CredentialForm, credentialFrom, withUrlUser } from './credential-form.js';
import { assertSameClient, isPersonal, withCatalogUser } from './oauth-form.js';
import { assertNameFree, connectionFrom, isElsewhere } from './gateway-connection.js';
import { type AddressSecrets, changedCredential } from './sealed-address.js';
import { assertHasTls, changedTls, tlsFrom } from '../tls/upstream-tls.js';
import { RegistrationPolicies } from './registration-policies.js';

/**
 * Changes a gateway. A new address or credential is tried before anything is kept; a new name or prefix renames what
 * the gateway offers in the same transaction.
 */
@Injectable()
export class GatewayUpdateService {
  constructor(
    private readonly gateways: GatewayRepository,
    private readonly entries: GatewayEntriesService,
    private readonly discoveries: DiscoveryService,
    private readonly credentials: UpstreamCredentialService,
    private readonly changes: CatalogChangesService,
    private readonly policies: RegistrationPolicies,
  ) {}

  /**
   * `before`: the gateway, which the caller may change. Throws what registering it would throw, and `http.conflict` when
   * somebody else changed it meanwhile. `described`: what is described by hand, as it is to become; `besides`: what changes
   * with it.
   */
  async update(
    before: GatewayEntity,
    given: UpdateGatewayBody,
    principal: Principal,
    described?: KnownDiscovery,
    besides?: PartOfChange,
  ): Promise<GatewayEntity> {
    const body = withUrlUser(given);
    const known: KnownDiscovery | null = described ?? (await this.discoveries.apis.readChanged(before, body));
    const stdio = { policy: this.policies.stdio, principal };
    const { connection, transport, secrets } = connectionFrom(before.id, placed(body, known), before, stdio);
    const ofAddress = addressSecrets(before, known, secrets);
    const fresh = newFormOf(before, credentialFrom(body, transport, connection.url));
    if (fresh === null && body.oauthConfig)
      assertSameClient(before.credentialShape.oauth, body.oauthConfig, connection.url);
    this.policies.changes.assertMayBecome(before, body.changes, principal);
    const form = withCatalogUser(
      withChangedTls(before, changedCredential(before, fresh, ofAddress), body, connection),
      principal.id,
    );
    // One that moves is given its credential anew.
    this.policies.assertMayExchange(form, principal);
    const { authType } = form?.shape ?? before.credentialShape;
    this.policies.assertMayPass(body.passthroughHeaders, before.passthroughHeaders, { transport, authType });
    if (form !== null && transport === 'STDIO') this.policies.stdio.assertAllowed(principal);
    if (form === null) this.assertMayStay(before, connection, body);
    const changes: Partial<GatewayEntity> = {
      ...connection,
      ...(await this.policies.scopes.ofChanged(principal, body, before)),
      ...settingsFrom(body, before),
      args: [...connection.args],
      addresses: [...(connection.addresses ?? [])],
      ...(!reachesSameUpstream(before, connection) && { addressStandings: [] }),
      ...(form !== null && { credentialShape: form.shape }),
      updatedAt: new Date(),
    };
    const moves = form !== null || transport === 'AUTO' || isMetOtherwise(before, connection);
    const describer = this.discoveries.described.of(before.transport);
    const isTried = (moves && isTriable(before, form)) || describer?.isRead(before, body, moves) === true;
    const discover: Discover = (to, credential) =>
      describer?.readChanged(before, to, body, credential) ?? this.discoveries.discover(to, transport, credential);
    const discovery = isTried ? await this.tryOut(connection, discover, form) : known;

    return this.changes.make(async (manager, change) => {
      const current = await this.gateways.read(before.id, manager);
      if (current.updatedAt.getTime() !== before.updatedAt.getTime()) {
        throw fail('http.conflict', { message: 'The gateway was changed by somebody else meanwhile' });
      }
      const after = Object.assign(new GatewayEntity(), current, changes);
      assertNameFree(after, await this.gateways.findNamesake(after, manager), principal);
      await this.gateways.update(after.id, changes, manager);
      if (!isDeepStrictEqual(namingOf(after), namingOf(current))) await this.entries.rename(after, principal, manager);
      if (discovery !== null) {
        await this.discoveries.apply(after, discovery, manager, change);
        after.transport = discovery.discovered.transport;
      }
      await besides?.(manager, change);
      change.touchAllLists();
      change.upstreamIds.add(after.id);
      await change.touchServersOfGateway(after.id);
      if (form !== null || profileOf(after).version !== profileOf(current).version)
        change.upstreams.set(after.id, 'updated');
      const stored = await this.gateways.read(after.id, manager);
      // Last, so that no later failure leaves the old address with the new credential.
      if (form !== null) await this.credentials.keep(after.id, form.credential);
      return stored;
    });
  }

  /** Throws `http.invalid` where the credential would be shown to somebody whom it was not given for. */
  private assertMayStay(before: GatewayEntity, connection: Connection, body: UpdateGatewayBody): void {
    const isMoved = mustBeGivenAgain(before, connection) || this.discoveries.described.a2a.sendsElsewhere(before, body);
    if (hasSecret(before) && isMoved)
      throw fail('http.invalid', {
        message: 'The credential must be given again when the gateway moves to another place',
      });
  }

  /**
   * A new credential is tried under an id of its own, so that calls which come meanwhile still go to the old place with
   * the old credential, and neither meets the other's.
   */
  private async tryOut(connection: Connection, discover: Discover, form: CredentialForm | null): Promise<Discovery> {
    if (form === null) {
      return discover(connection).catch((error: unknown) => {
        this.discoveries.release(connection.id, 'updated');
        throw error;
      });
    }
    const trial = { ...connection, id: newObjectId() };
    // Auth alone gets access tokens, and for what it keeps.
    const isKept = form.credential?.oauth !== undefined;
    try {
      if (isKept) await this.credentials.keep(trial.id, form.credential);
      return await discover(trial, isKept ? undefined : form.credential);
    } finally {
      this.discoveries.release(trial.id, 'removed');
      if (isKept) await this.credentials.tryToForget(trial.id);
    }
  }
}

/** Finds out what an upstream offers; without a credential, auth is asked for it. */
type Discover = (connection: Connection, credential?: UpstreamCredential | null) => Promise<Discovery>;

/** What the body says beside address, credential and scope; what it leaves out stays. */
const settingsFrom = (body: UpdateGatewayBody, before: GatewayEntity): Partial<GatewayEntity> => ({
  ...(body.description !== undefined && { description: body.description }),
  tags: body.tags ?? before.tags,
  ...(body.toolPrefix !== undefined && { toolPrefix: body.toolPrefix }),
  toolNameStyle: body.toolNameStyle ?? before.toolNameStyle,
  ...(body.passthroughHeaders !== undefined && { passthroughHeaders: body.passthroughHeaders }),
  ...(body.sessionScope !== undefined && { sessionScope: body.sessionScope }),
  ...(body.listTtlMs !== undefined && { listTtlMs: body.listTtlMs }),
  ...(body.listCacheScope !== undefined && { listCacheScope: body.listCacheScope }),
  ...(body.newTools !== undefined && { newTools: body.newTools }),
  ...(body.changes !== undefined && { changePolicy: body.changes }),
});

/** Throws `http.invalid` for certificates that cannot be for it, or that are not all given. */
const withChangedTls = (
  { credentialShape }: GatewayEntity,
  form: CredentialForm | null,
  body: UpdateGatewayBody,
  connection: Connection,
): CredentialForm | null => {
  const tls = tlsFrom(body, credentialShape.tls);
  assertHasTls(tls === undefined ? credentialShape.tls : tls, connection);
  return changedTls(credentialShape, form, tls);
};

/** Null where the credential stays, which having none before and after is too. */
const newFormOf = (before: GatewayEntity, form: CredentialForm | null): CredentialForm | null =>
  form?.credential === null && !hasSecret(before) ? null : form;

const isMetOtherwise = (before: GatewayEntity, now: Connection): boolean =>
  !reachesSameUpstream(before, now) || (now.onlyEra ?? null) !== before.onlyEra;

/** Nobody has consented yet to a client that changes; what there is is listed once they have. */
const isTriable = (before: GatewayEntity, form: CredentialForm | null): boolean =>
  speaksMcp(before) && !isPersonal(form?.credential ?? null);

/** A token for one URL is none for another, even on the same origin. */
const mustBeGivenAgain = (before: GatewayEntity, now: Connection): boolean =>
  isElsewhere(before, now) ||
  (before.credentialShape.authType === 'oauth' &&
    (before.url !== now.url || reachesElsewhere(before, now.addresses ?? [], true)));

/** Besides what its address holds. */
const hasSecret = ({ credentialShape }: GatewayEntity): boolean =>
  credentialShape.authType !== 'none' || credentialShape.envNames.length > 0 || credentialShape.tls !== undefined;

/** An HTTP API is where its document says. */
const placed = (body: UpdateGatewayBody, known: KnownDiscovery | null): UpdateGatewayBody => {
  const url = known?.reading?.baseUrl;
  return url === undefined ? body : Object.assign(new UpdateGatewayBody(), body, { url });
};

const addressSecrets = (
  before: GatewayEntity,
  known: KnownDiscovery | null,
  asked: AddressSecrets | null,
): AddressSecrets | null => (isApi(before) ? (known?.secrets ?? null) : asked);
