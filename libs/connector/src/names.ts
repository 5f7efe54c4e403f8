/** Names that one connector may serve. */
export const CONNECTOR_NAMES_MAX = 32;

const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;
const SCHEME = 'connector://';

/** What a name of an upstream behind a connector looks like, in words. */
export const CONNECTOR_NAME_RULE =
  '1 to 64 of a-z, 0-9, ".", "_" and "-", with a letter or a digit at both ends, such as build-db';

/** Whether this may name an upstream behind connectors. */
export const isConnectorName = (text: unknown): text is string => typeof text === 'string' && NAME.test(text);

/** Whether an address is meant to lead through a connector, whatever stands behind. */
export const isConnectorUrl = (url: string | null): url is string => url?.startsWith(SCHEME) === true;

/** The name in `connector://NAME`. `null`: it is no such address; it has neither a path nor a query. */
export const connectorNameOf = (url: string): string | null => {
  const name = isConnectorUrl(url) ? url.slice(SCHEME.length) : null;
  return isConnectorName(name) ? name : null;
};
