import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { TokenService } from '../../tokens/token.service.js';
import type { MachineClientService } from '../../machine-clients/machine-client.service.js';
import { type ArtifactRepository, type FoundArtifact, UNUSED_LIFE_S } from './artifact.repository.js';
import { machinePayload, textOf } from './machine-payload.js';

/**
 * For so long a refresh token that was used is good once more: clients renew once for each of the calls that were refused
 * together, and none of them may be taken for a thief.
 */
const REFRESH_GRACE_MS = 30_000;
const DAY_S = UNUSED_LIFE_S;
const FOUND_OTHERWISE = new Set(['Session', 'DeviceCode']);

interface Stores {
  readonly artifacts: ArtifactRepository;
  readonly tokens: Pick<TokenService, 'end'>;
  readonly consentLifeMs: number;
  readonly machines: Pick<MachineClientService, 'findGood'>;
}

/** One kind of what `oidc-provider` keeps, in Postgres. */
export class StoredModel implements Adapter {
  constructor(
    private readonly kind: string,
    private readonly stores: Stores,
  ) {}

  async upsert(id: string, payload: AdapterPayload, expiresInS = DAY_S): Promise<void> {
    // What it is found by is a secret of whoever has it; what is found otherwise too has to say it, and lives for minutes.
    const { jti, ...rest } = payload;
    const kept = FOUND_OTHERWISE.has(this.kind) ? { ...rest, jti } : rest;
    await this.stores.artifacts.put({
      kind: this.kind,
      id,
      payload: kept,
      consentId: textOf(payload['grantId']),
      uid: textOf(payload['uid']),
      userCode: textOf(payload['userCode']),
      expiresInS,
    });
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const machine = this.kind === 'Client' ? await this.stores.machines.findGood(id) : null;
    if (machine !== null) return machinePayload(machine);
    const found = await this.stores.artifacts.find({ kind: this.kind, id });
    if (found === null || (this.kind === 'Grant' && !(await this.stores.artifacts.holds(id)))) return undefined;
    return this.loaded(found, id);
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const found = await this.stores.artifacts.findByUid(this.kind, uid);
    return found === null ? undefined : this.loaded(found);
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    const found = await this.stores.artifacts.findByUserCode(this.kind, userCode);
    return found === null ? undefined : this.loaded(found);
  }

  /**
   * A code that two use at once is used by one of them. Of refresh tokens that were given together, for calls that were
   * refused together, the client keeps one: once that is used, the others are good for nobody.
   */
  async consume(id: string): Promise<void> {
    const { artifacts, consentLifeMs } = this.stores;
    const isFirst = await artifacts.consume({ kind: this.kind, id });
    if (isFirst && this.kind === 'RefreshToken')
      await artifacts.removeSiblings({ kind: this.kind, id }, consentLifeMs / 1000, REFRESH_GRACE_MS / 1000);
    if (!isFirst && this.kind !== 'RefreshToken') throw new errors.InvalidGrant(`${this.kind} was used already`);
  }

  /** What was given on a consent ends with it, at once. */
  async destroy(id: string): Promise<void> {
    const { artifacts, tokens, consentLifeMs } = this.stores;
    if (this.kind === 'Grant') {
      const found = await artifacts.find({ kind: this.kind, id });
      const user = textOf(found?.payload['accountId']) ?? '';
      await tokens.end(id, new Date(Date.now() + consentLifeMs + DAY_S * 1000), user);
    }
    await artifacts.remove({ kind: this.kind, id });
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.stores.artifacts.removeOfConsent(this.kind, grantId);
  }

  private loaded({ payload, consumedForMs }: FoundArtifact, id?: string): AdapterPayload {
    const graceMs = this.kind === 'RefreshToken' ? REFRESH_GRACE_MS : 0;
    const isConsumed = consumedForMs !== null && consumedForMs >= graceMs;
    return {
      ...payload,
      ...(id !== undefined && this.kind !== 'Client' && { jti: id }),
      ...(isConsumed && { consumed: true }),
    };
  }
}
