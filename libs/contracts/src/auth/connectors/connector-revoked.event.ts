import { defineEvent } from '../../define.js';

/** The token of a connector is no longer good: whoever holds a connection of it ends it at once. */
export const ConnectorRevoked = defineEvent<{ readonly connectorId: string }>('auth', 'connector.revoked');
