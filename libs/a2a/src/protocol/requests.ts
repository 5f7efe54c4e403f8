import { encodePart, type Part } from './parts.js';
import { type A2aOperation, type A2aVersion, METHODS } from './vocabulary.js';

/** How one agent is asked. */
export interface AgentInterface {
  readonly version: A2aVersion;
  /** Goes into every request of an agent that has several behind one address. */
  readonly tenant?: string;
}

/** A message as it is to be sent. */
export interface OutgoingMessage {
  readonly messageId: string;
  readonly parts: readonly Part[];
  readonly contextId?: string | undefined;
  readonly taskId?: string | undefined;
}

/** The text of a request that sends a message; it is answered when the agent is done, or has a question. */
export const messageRequest = (
  { version, tenant }: AgentInterface,
  operation: 'send' | 'stream',
  { messageId, parts, contextId, taskId }: OutgoingMessage,
): string => {
  const message = {
    ...(version === '0.3' && { kind: 'message' }),
    messageId,
    role: version === '1.0' ? 'ROLE_USER' : 'user',
    parts: parts.map((part) => encodePart(part, version)),
    ...(contextId !== undefined && { contextId }),
    ...(taskId !== undefined && { taskId }),
  };
  const configuration = version === '1.0' ? { returnImmediately: false } : { blocking: true };
  return requestText(version, operation, { message, configuration, ...(tenant !== undefined && { tenant }) });
};

/** The text of a request about a task that there is. */
export const taskRequest = (
  { version, tenant }: AgentInterface,
  operation: 'get' | 'cancel' | 'subscribe',
  id: string,
): string => requestText(version, operation, { id, ...(tenant !== undefined && { tenant }) });

const requestText = (version: A2aVersion, operation: A2aOperation, params: object): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: METHODS[operation][version], params });
