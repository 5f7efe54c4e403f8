import { isOriginOf } from '#contracts/auth/oauth/own-issuer';
import type { TrustedIssuer } from '#contracts/auth/trusted-issuers';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import type { AddressedRequest } from '#libs/identity';

/** Where the metadata of an endpoint is found. https://www.rfc-editor.org/rfc/rfc9728#section-3.1 */
export const METADATA_PATH = '/.well-known/oauth-protected-resource';

/** How to get in, as members of a failure's data that become parts of `WWW-Authenticate`. */
export interface Challenge extends Record<string, unknown> {
  readonly resource_metadata: string;
  readonly scope?: string;
}

/**
 * The MCP endpoints as resources of OAuth: what they are called, and where clients sign in to them. Each is a resource of
 * its own, `serverId` naming it as everywhere (`null`: `/mcp`). https://www.rfc-editor.org/rfc/rfc9728
 */
export class ResourceServer {
  private readonly scopes: readonly string[];

  constructor(
    private readonly publicUrl: string,
    private readonly issuers: readonly Pick<TrustedIssuer, 'issuer' | 'scopes'>[],
  ) {
    this.scopes = [...new Set(issuers.flatMap(({ scopes }) => [...scopes.keys()]))];
  }

  /** The metadata document of an endpoint, as JSON. It says nothing of whether there is such a server. */
  document(serverId: string | null, request: AddressedRequest): string {
    return JSON.stringify({
      resource: `${this.originFor(request)}${pathOf(serverId)}`,
      authorization_servers: this.issuers.map(({ issuer }) => issuer),
      ...(this.scopes.length > 0 && { scopes_supported: this.scopes }),
      bearer_methods_supported: ['header'],
      resource_name: 'Switchyard',
    });
  }

  /** Names all scopes at once, since many clients never ask for more than the first time. */
  challenge(serverId: string | null, request: AddressedRequest): Challenge {
    return {
      resource_metadata: `${this.originFor(request)}${METADATA_PATH}${pathOf(serverId)}`,
      ...(this.scopes.length > 0 && { scope: this.scopes.join(' ') }),
    };
  }

  /** A refusal that a sign-in can mend says where; any other stays as it is. */
  challenged(thrown: unknown, serverId: string | null, request: AddressedRequest): GatewayError {
    const error = toGatewayError(thrown);
    if (error.code !== 'auth.credential_missing' && error.code !== 'auth.credential_invalid') return error;
    const { code, message, data } = error;
    return fail(code, { message, data: { ...data, ...this.challenge(serverId, request) }, cause: error.cause });
  }

  /** The public URL or, on this machine, the name of it that the client used: clients stop where theirs is not in the answer. */
  private originFor({ headers }: AddressedRequest): string {
    const asked = `${this.publicUrl.slice(0, this.publicUrl.indexOf('//'))}//${String(headers?.['host'] ?? '')}`;
    return isOriginOf(this.publicUrl, asked) ? asked : this.publicUrl;
  }
}

const pathOf = (serverId: string | null): string =>
  serverId === null ? '/mcp' : `/servers/${encodeURIComponent(serverId)}/mcp`;
