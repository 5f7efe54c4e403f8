import { defineEvent } from '../define.js';
import type { CallClient } from './execute-call.request.js';

/**
 * What a client was sent to a URL for is done there. The client knows it by this id.
 * https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation#completion-notifications-for-url-mode-elicitation
 */
export const ElicitationCompleted = defineEvent<{
  readonly clientKey: NonNullable<CallClient['key']>;
  readonly elicitationId: string;
}>('tool-invocation', 'elicitation.completed');
