import { asObject, isObject } from '#libs/mcp';
import { A2A_LIMITS } from '../limits.js';
import { AnswerRefused, decodeParts, type Part } from './parts.js';
import { decodeState, type TaskState } from './vocabulary.js';

/** What an agent says. */
export interface AgentMessage {
  readonly role: 'agent' | 'user';
  readonly parts: readonly Part[];
  readonly contextId: string | undefined;
  readonly taskId: string | undefined;
}

/** Something an agent has made. */
export interface Artifact {
  readonly id: string;
  readonly parts: readonly Part[];
}

export interface TaskStatus {
  readonly state: TaskState;
  readonly message: AgentMessage | undefined;
}

export interface AgentTask {
  readonly id: string;
  readonly contextId: string | undefined;
  readonly status: TaskStatus;
  readonly artifacts: readonly Artifact[];
  readonly history: readonly AgentMessage[];
}

/** What comes of a message to an agent, one after the other. */
export type AgentEvent =
  | { readonly kind: 'message'; readonly message: AgentMessage }
  | { readonly kind: 'task'; readonly task: AgentTask }
  | {
      readonly kind: 'status';
      readonly taskId: string;
      readonly contextId: string | undefined;
      readonly status: TaskStatus;
    }
  | {
      readonly kind: 'artifact';
      readonly taskId: string;
      readonly contextId: string | undefined;
      readonly artifact: Artifact;
      /** Its parts follow those that have come of it. */
      readonly isAppended: boolean;
    };

type Json = Readonly<Record<string, unknown>>;

/** The event that a result of either version stands for, streamed or not. Throws `AnswerRefused`. */
export const decodeEvent = (result: unknown): AgentEvent => {
  if (!isObject(result)) throw new AnswerRefused('its result is no object');
  const { kind, task, message, statusUpdate, artifactUpdate } = result;
  if (kind === 'message') return { kind: 'message', message: messageOf(result) };
  if (kind === 'task') return { kind: 'task', task: taskOf(result) };
  if (kind === 'status-update') return statusOf(result);
  if (kind === 'artifact-update') return artifactOf(result);
  if (isObject(task)) return { kind: 'task', task: taskOf(task) };
  if (isObject(message)) return { kind: 'message', message: messageOf(message) };
  if (isObject(statusUpdate)) return statusOf(statusUpdate);
  if (isObject(artifactUpdate)) return artifactOf(artifactUpdate);
  // 1.0 answers with a task as it is where nothing else can come.
  if (isObject(result.status)) return { kind: 'task', task: taskOf(result) };
  throw new AnswerRefused('its result is neither a task nor a message');
};

const statusOf = (update: Json): AgentEvent => ({
  kind: 'status',
  taskId: idOf(update.taskId),
  contextId: optionalId(update.contextId),
  status: decodeStatus(update.status),
});

const artifactOf = (update: Json): AgentEvent => ({
  kind: 'artifact',
  taskId: idOf(update.taskId),
  contextId: optionalId(update.contextId),
  artifact: decodeArtifact(update.artifact),
  isAppended: update.append === true,
});

const taskOf = (task: Json): AgentTask => ({
  id: idOf(task.id),
  contextId: optionalId(task.contextId),
  status: decodeStatus(task.status),
  artifacts: listOf(task.artifacts, 'artifacts').map(decodeArtifact),
  history: listOf(task.history, 'history').map((message) => messageOf(asObject(message))),
});

const decodeStatus = (status: unknown): TaskStatus => {
  if (!isObject(status)) throw new AnswerRefused('a status of it is none');
  return {
    state: decodeState(status.state),
    message: isObject(status.message) ? messageOf(status.message) : undefined,
  };
};

const decodeArtifact = (artifact: unknown): Artifact => {
  if (!isObject(artifact)) throw new AnswerRefused('an artifact of it is no object');
  return { id: optionalId(artifact.artifactId) ?? '', parts: decodeParts(artifact.parts) };
};

const messageOf = (message: Json): AgentMessage => ({
  role: message.role === 'user' || message.role === 'ROLE_USER' ? 'user' : 'agent',
  parts: decodeParts(message.parts),
  contextId: optionalId(message.contextId),
  taskId: optionalId(message.taskId),
});

const listOf = (list: unknown, name: string): readonly unknown[] => {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list) || list.length > A2A_LIMITS.artifactsMax)
    throw new AnswerRefused(`its ${name} are no list, or too many`);
  return list;
};

const idOf = (id: unknown): string => {
  const known = optionalId(id);
  if (known === undefined) throw new AnswerRefused('its task has no id');
  return known;
};

const optionalId = (id: unknown): string | undefined => {
  if (id === undefined || id === null || id === '') return undefined;
  if (typeof id !== 'string' || id.length > A2A_LIMITS.idCharsMax) throw new AnswerRefused('an id of it is none');
  return id;
};
