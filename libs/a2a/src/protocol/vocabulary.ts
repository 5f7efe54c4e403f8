/** The versions that are spoken, newest first. https://a2a-protocol.org/v1.0.0/specification/#36-versioning */
export const A2A_VERSIONS = ['1.0', '0.3'] as const;

/** One of `A2A_VERSIONS`. */
export type A2aVersion = (typeof A2A_VERSIONS)[number];

/** The header that says which version a request is of; without it, it is 0.3. */
export const A2A_VERSION_HEADER = 'a2a-version';

/** What an agent can be asked. */
export type A2aOperation =
  | 'send'
  | 'stream'
  | 'get'
  | 'list'
  | 'cancel'
  | 'subscribe'
  | 'extended-card'
  | PushOperation;

type PushOperation = 'push-set' | 'push-get' | 'push-list' | 'push-delete';

/** Names of methods in JSON-RPC; null: the version has no such method. */
export const METHODS: Readonly<Record<A2aOperation, Readonly<Record<A2aVersion, string | null>>>> = {
  send: { '1.0': 'SendMessage', '0.3': 'message/send' },
  stream: { '1.0': 'SendStreamingMessage', '0.3': 'message/stream' },
  get: { '1.0': 'GetTask', '0.3': 'tasks/get' },
  list: { '1.0': 'ListTasks', '0.3': null },
  cancel: { '1.0': 'CancelTask', '0.3': 'tasks/cancel' },
  subscribe: { '1.0': 'SubscribeToTask', '0.3': 'tasks/resubscribe' },
  'extended-card': { '1.0': 'GetExtendedAgentCard', '0.3': 'agent/getAuthenticatedExtendedCard' },
  'push-set': { '1.0': 'CreateTaskPushNotificationConfig', '0.3': 'tasks/pushNotificationConfig/set' },
  'push-get': { '1.0': 'GetTaskPushNotificationConfig', '0.3': 'tasks/pushNotificationConfig/get' },
  'push-list': { '1.0': 'ListTaskPushNotificationConfigs', '0.3': 'tasks/pushNotificationConfig/list' },
  'push-delete': { '1.0': 'DeleteTaskPushNotificationConfig', '0.3': 'tasks/pushNotificationConfig/delete' },
};

/** Where a task is, as 0.3 spells it; `unknown` for what neither version has. */
export type TaskState =
  | 'submitted'
  | 'working'
  | 'completed'
  | 'failed'
  | 'canceled'
  | 'rejected'
  | 'input-required'
  | 'auth-required'
  | 'unknown';

const STATES: readonly TaskState[] = [
  'submitted',
  'working',
  'completed',
  'failed',
  'canceled',
  'rejected',
  'input-required',
  'auth-required',
];

/** The state that either version names. */
export const decodeState = (state: unknown): TaskState => {
  const name = String(state)
    .replace(/^TASK_STATE_/, '')
    .toLowerCase()
    .replaceAll('_', '-');
  return STATES.find((known) => known === name) ?? 'unknown';
};

/** Nothing more comes of the task. */
export const isOver = (state: TaskState): boolean =>
  state === 'completed' || state === 'failed' || state === 'canceled' || state === 'rejected';

/** The task waits for whoever asked for it. */
export const isInterrupted = (state: TaskState): boolean => state === 'input-required' || state === 'auth-required';

/** The errors of A2A beside those of JSON-RPC. https://a2a-protocol.org/v1.0.0/specification/#54-error-code-mappings */
export const A2A_ERRORS = {
  TASK_NOT_FOUND: -32_001,
  TASK_NOT_CANCELABLE: -32_002,
  PUSH_NOTIFICATION_NOT_SUPPORTED: -32_003,
  UNSUPPORTED_OPERATION: -32_004,
  CONTENT_TYPE_NOT_SUPPORTED: -32_005,
  INVALID_AGENT_RESPONSE: -32_006,
  EXTENDED_AGENT_CARD_NOT_CONFIGURED: -32_007,
  EXTENSION_SUPPORT_REQUIRED: -32_008,
  VERSION_NOT_SUPPORTED: -32_009,
} as const;

/** What an error of JSON-RPC is called; its number where it has no name. */
export const errorName = (code: number): string =>
  Object.entries(A2A_ERRORS).find(([, known]) => known === code)?.[0] ?? `error ${code}`;
