import { defineSignal } from '../../define.js';
import type { ConnectorConnection } from './connector-connection.js';

/** A connector is connected to this instance, or (`isOpen` false) nothing new is sent over the connection. Said again every few seconds. */
export const ConnectionAnnounced = defineSignal<{
  readonly connection: ConnectorConnection;
  readonly isOpen: boolean;
}>('tool-invocation', 'connection.announced', { reaches: 'all' });

/** An instance has just come, or may have missed something: whoever holds connections announces them. */
export const ConnectionsWanted = defineSignal<{
  /** The instance that has sent this. */
  readonly by: string;
}>('tool-invocation', 'connections.wanted', { reaches: 'all' });
