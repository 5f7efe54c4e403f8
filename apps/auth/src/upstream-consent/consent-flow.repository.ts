import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ShownGateway } from '#contracts/registry/show-gateways.request';
import { InjectDatabase } from '#libs/storage';
import { KeyRing } from '../encryption/key-ring.js';
import type { AuthenticatedClient } from '../upstream-credentials/oauth/client-authentication.js';
import type { ConsentPlace } from './place/consent-place.js';

/** From the page to the way back. */
export const FLOW_LIFE_MS = 10 * 60_000;

/** A consent that is being asked for, until its person comes back. Secret. */
export interface ConsentFlow {
  readonly upstreamId: string;
  /** In lower case. */
  readonly userEmail: string;
  readonly gateway: Pick<ShownGateway, 'name' | 'origin'>;
  readonly credentialVersion: string;
  /** Of what the browser brings back besides. */
  readonly browserHash: string;
  readonly verifier: string;
  /** Where its person comes back to, and nowhere else. */
  readonly callbackPath: string;
  readonly place: Pick<
    ConsentPlace,
    'issuer' | 'authorizationUrl' | 'tokenUrl' | 'revocationUrl' | 'namedBy' | 'namesItself' | 'resource' | 'scopes'
  >;
  readonly client: AuthenticatedClient;
}

/** Of one person; the oldest give way. */
const PER_USER_MAX = 20;

/**
 * The rows of `auth.consent_flows`, encrypted for their state, which is kept nowhere. Each is taken once, and none outlives its time by
 * more than the next beginning.
 */
@Injectable()
export class ConsentFlowRepository {
  constructor(
    @InjectDatabase('auth') private readonly database: DataSource,
    private readonly keyRing: KeyRing,
  ) {}

  async keep(state: string, flow: ConsentFlow): Promise<void> {
    const { upstreamId, userEmail } = flow;
    const stateHash = hashOf(state);
    const { keyId, bytes } = this.keyRing.seal(JSON.stringify(flow), purposeOf(stateHash));
    await this.database.query(
      `DELETE FROM auth.consent_flows WHERE expires_at < now() OR state_hash IN (
         SELECT state_hash FROM auth.consent_flows WHERE user_email = $1 ORDER BY expires_at DESC OFFSET $2)`,
      [userEmail, PER_USER_MAX - 1],
    );
    await this.database.query(
      `INSERT INTO auth.consent_flows (state_hash, upstream_id, user_email, key_id, sealed, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + $6::float8 * interval '1 millisecond')`,
      [stateHash, upstreamId, userEmail, keyId, bytes, FLOW_LIFE_MS],
    );
  }

  /** Nobody takes it again. Null: it is over, was taken, or never was. */
  async take(state: string): Promise<ConsentFlow | null> {
    const stateHash = hashOf(state);
    const [[row]] = (await this.database.query(
      `DELETE FROM auth.consent_flows WHERE state_hash = $1 AND expires_at >= now() RETURNING key_id AS "keyId", sealed`,
      [stateHash],
    )) as [{ keyId: string; sealed: Buffer }[], number];
    if (row === undefined || !this.keyRing.keyIds.includes(row.keyId)) return null;
    const text = this.keyRing.open({ keyId: row.keyId, bytes: row.sealed }, purposeOf(stateHash));
    return JSON.parse(text) as ConsentFlow;
  }
}

/** What stands for a secret that is shown again. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

const purposeOf = (stateHash: string): string => `consent ${stateHash}`;
