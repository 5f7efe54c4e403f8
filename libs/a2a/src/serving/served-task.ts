import { encodePart, type Part } from '../protocol/parts.js';
import type { A2aVersion, TaskState } from '../protocol/vocabulary.js';

/** A task as a client is told of it. */
export interface ServedTask {
  readonly id: string;
  readonly contextId: string;
  readonly state: TaskState;
  /** What is said with the state. */
  readonly said: readonly Part[];
  /** What was made. */
  readonly made: readonly Part[];
  /** Of the state: ISO 8601. */
  readonly at: string;
}

const ARTIFACT_ID = 'result';

/** What is sent as the result of a request about a task. */
export const taskText = (task: ServedTask, version: A2aVersion): string => JSON.stringify(taskOf(task, version));

/** The same for a message that was sent, and for the first event of a stream: 1.0 says what it is. */
export const sentText = (task: ServedTask, version: A2aVersion): string =>
  JSON.stringify(version === '1.0' ? { task: taskOf(task, version) } : taskOf(task, version));

/** The event that a task has another state. */
export const statusText = (task: ServedTask, version: A2aVersion, isLast: boolean): string => {
  const { id: taskId, contextId } = task;
  const update = { taskId, contextId, status: statusOf(task, version) };
  return JSON.stringify(
    version === '1.0' ? { statusUpdate: update } : { kind: 'status-update', ...update, final: isLast },
  );
};

/** The event that a task has made something. */
export const artifactText = (task: ServedTask, version: A2aVersion): string => {
  const { id: taskId, contextId } = task;
  const update = { taskId, contextId, artifact: artifactOf(task, version), append: false, lastChunk: true };
  return JSON.stringify(version === '1.0' ? { artifactUpdate: update } : { kind: 'artifact-update', ...update });
};

const taskOf = (task: ServedTask, version: A2aVersion) => ({
  ...(version === '0.3' && { kind: 'task' }),
  id: task.id,
  contextId: task.contextId,
  status: statusOf(task, version),
  ...(task.made.length > 0 && { artifacts: [artifactOf(task, version)] }),
});

const artifactOf = ({ made }: ServedTask, version: A2aVersion) => ({
  artifactId: ARTIFACT_ID,
  parts: made.map((part) => encodePart(part, version)),
});

const statusOf = ({ id, contextId, state, said, at }: ServedTask, version: A2aVersion) => ({
  state: version === '1.0' ? `TASK_STATE_${state.toUpperCase().replace('-', '_')}` : state,
  ...(said.length > 0 && {
    message: {
      ...(version === '0.3' && { kind: 'message' }),
      messageId: `${id}-${state}`,
      role: version === '1.0' ? 'ROLE_AGENT' : 'agent',
      taskId: id,
      contextId,
      parts: said.map((part) => encodePart(part, version)),
    },
  }),
  timestamp: at,
});
