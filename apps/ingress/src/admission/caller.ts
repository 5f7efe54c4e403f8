import type { Principal } from '#contracts/auth/principal';
import { type CallerAdmission, type CredentialCarrier, readCredential } from '#libs/identity';
import { checkReach } from './permissions.js';

/**
 * Admits the caller of an endpoint. Synchronous once the credential is known. Fails with `auth.credential_missing`,
 * `auth.credential_invalid`, `auth.grant_missing` or `registry.server_unknown`.
 */
export type AdmitCaller = (carrier: CredentialCarrier, serverId: string | null) => Principal | Promise<Principal>;

export const callerAdmitter =
  (callers: CallerAdmission): AdmitCaller =>
  (carrier, serverId) => {
    const admitting = callers.admit(readCredential(carrier));
    if (admitting instanceof Promise) {
      return admitting.then((principal) => {
        checkReach(principal, serverId);
        return principal;
      });
    }
    checkReach(admitting, serverId);
    return admitting;
  };
