import { timingSafeEqual } from 'node:crypto';
import type { AdapterPayload } from 'oidc-provider';
import type { RecordedClient } from '../../machine-clients/machine-client.repository.js';
import { fingerprintOf } from '../../tokens/token-record.js';

/** Members of a client without a user that `oidc-provider` does not know: they are in the claims of its tokens, and limit their scopes. */
export const MACHINE_RECORD = 'switchyard_record';
export const MACHINE_REGISTRAR = 'switchyard_registrar';
export const MACHINE_TEAM = 'switchyard_team';
export const MACHINE_SCOPE = 'switchyard_scope';
export const MACHINE_MEMBERS = [MACHINE_RECORD, MACHINE_REGISTRAR, MACHINE_TEAM, MACHINE_SCOPE] as const;

/** As `oidc-provider` has a client. Its `scope` would refuse what is asked besides, which is left out instead. */
export const machinePayload = (client: RecordedClient): AdapterPayload => ({
  client_id: client.clientId,
  client_name: client.name,
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  token_endpoint_auth_method: client.authMethod,
  // Not the secret itself: see `isFingerprint`.
  ...(client.secretHash !== null && { client_secret: client.secretHash }),
  ...(client.jwks !== null && { jwks: client.jwks }),
  [MACHINE_RECORD]: client.tokenId,
  [MACHINE_REGISTRAR]: client.registeredBy,
  [MACHINE_SCOPE]: client.scopes.join(' '),
  ...(client.teamId !== null && { [MACHINE_TEAM]: client.teamId }),
});

/** Whether a secret is the one whose hash is kept. */
export const isFingerprint = (secret: string, kept: string): boolean => {
  const [given, known] = [Buffer.from(fingerprintOf(secret)), Buffer.from(kept)];
  return given.length === known.length && timingSafeEqual(given, known);
};

export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
