import type { Principal } from '#contracts/auth/principal';
import {
  type CallerAdmission,
  type ClientAddress,
  type CredentialCarrier,
  checkConditions,
  readCredential,
} from '#libs/identity';
import { checkReach } from './permissions.js';
import type { ResourceServer } from './resource-server.js';

/**
 * Admits the caller of an endpoint. Synchronous once the credential is known. Fails with `auth.credential_missing`,
 * `auth.credential_invalid`, `auth.grant_missing` or `registry.server_unknown`.
 */
export type AdmitCaller = (carrier: CredentialCarrier, serverId: string | null) => Principal | Promise<Principal>;

/** `resourceServer`: says in refusals where to sign in; `null` where there is no place to. */
export const callerAdmitter = (
  callers: CallerAdmission,
  resourceServer: ResourceServer | null,
  addressOf: ClientAddress,
): AdmitCaller => {
  const reached = (principal: Principal, carrier: CredentialCarrier, serverId: string | null): Principal => {
    checkConditions(principal, carrier, addressOf);
    checkReach(principal, serverId);
    return principal;
  };
  const refuse = (thrown: unknown, serverId: string | null, carrier: CredentialCarrier): never => {
    throw resourceServer === null ? thrown : resourceServer.challenged(thrown, serverId, carrier);
  };
  return (carrier, serverId) => {
    try {
      const admitting = callers.admit(readCredential(carrier), carrier);
      if (!(admitting instanceof Promise)) return reached(admitting, carrier, serverId);
      return admitting
        .then((principal) => reached(principal, carrier, serverId))
        .catch((thrown: unknown) => refuse(thrown, serverId, carrier));
    } catch (thrown) {
      return refuse(thrown, serverId, carrier);
    }
  };
};
