import type { Principal } from '#contracts/auth/principal';
import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import { CONNECTOR_NAME_RULE, connectorNameOf } from '#libs/connector';
import { fail } from '#libs/errors';
import { holds } from '#libs/identity';

interface Asked {
  readonly url: string;
  readonly transport: UpstreamTransport | 'AUTO';
  readonly addresses: readonly unknown[];
  /** Whether the gateway is not there yet, or was elsewhere. */
  readonly isNew: boolean;
}

/**
 * Checks the address of an upstream behind connectors, `connector://NAME`. What is reached over a connector lies in a network
 * that is not the gateway's: only those who say who may join say as well what is called there. Throws `http.invalid`,
 * `auth.grant_missing`.
 */
export const checkConnectorAddress = (asked: Asked, principal: Principal): void => {
  if (connectorNameOf(asked.url) === null)
    throw fail('http.invalid', {
      message: `url must be connector://NAME, without a path or a query; NAME: ${CONNECTOR_NAME_RULE}`,
    });
  if (asked.transport !== 'AUTO' && asked.transport !== 'STREAMABLEHTTP')
    throw fail('http.invalid', {
      message: 'A connector carries MCP over Streamable HTTP: transport must be STREAMABLEHTTP',
    });
  if (asked.addresses.length > 0)
    throw fail('http.invalid', {
      message: 'addresses are for servers that are reached by a URL: several connectors may serve the same name',
    });
  if (asked.isNew && !holds(principal, 'admin.connectors'))
    throw fail('auth.grant_missing', {
      message: 'Registering what is behind a connector needs the permission admin.connectors',
    });
};
