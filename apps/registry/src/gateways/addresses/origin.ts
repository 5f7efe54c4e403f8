import { isConnectorUrl } from '#libs/connector';

/** Whom a credential is shown at an address: whatever answers at the origin, or behind connectors by that name. */
export const originOf = (url: string): string => (isConnectorUrl(url) ? url : new URL(url).origin);
