import { isObject } from './json/is-object.js';
import { memberText, withMembers } from './json/members.js';

/** The extension of 2026-07-28. https://github.com/modelcontextprotocol/ext-tasks */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** What a client does with a task it was given. */
export type TaskMethod = 'tasks/get' | 'tasks/update' | 'tasks/cancel';

/** Whether a method asks for, answers or ends a task. */
export const isTaskMethod = (method: string): method is TaskMethod =>
  method === 'tasks/get' || method === 'tasks/update' || method === 'tasks/cancel';

type Json = Readonly<Record<string, unknown>>;

/** Has a client, in these capabilities, said that it takes a task for an answer? */
export const declaresTasks = (capabilities: Json): boolean =>
  isObject(capabilities['extensions']) && Object.hasOwn(capabilities['extensions'], TASKS_EXTENSION);

/** Does a server of 2025-11-25 run tool calls as tasks? */
export const runsLegacyTasks = (capabilities: Json): boolean => {
  const { tasks } = capabilities;
  if (!isObject(tasks) || !isObject(tasks['requests'])) return false;
  return isObject(tasks['requests']['tools']) && isObject(tasks['requests']['tools']['call']);
};

/** As a tool says it in `execution`. */
export type TaskSupport = 'optional' | 'required';

/** Whether a tool of 2025-11-25 may or must run as a task; `null`: neither. */
export const taskSupportOf = (definition: string): TaskSupport | null => {
  if (!definition.includes('"taskSupport"')) return null;
  const { execution } = JSON.parse(definition) as Json;
  const support = isObject(execution) ? execution['taskSupport'] : undefined;
  return support === 'optional' || support === 'required' ? support : null;
};

const TASK_ID_CHARS_MAX = 1_024;
const STATUSES: readonly unknown[] = ['working', 'input_required', 'completed', 'cancelled', 'failed'];

/** What is wrong with a task as a server tells of it; `null`: nothing. */
export const taskProblem = ({ taskId, status, inputRequests, result, error }: Json): string | null => {
  if (typeof taskId !== 'string' || taskId === '' || taskId.length > TASK_ID_CHARS_MAX)
    return 'its taskId is no string or too long';
  if (!STATUSES.includes(status)) return 'its task has no known status';
  if (status === 'input_required' && inputRequests !== undefined && !isObject(inputRequests))
    return 'its inputRequests are not an object';
  if (status === 'completed' && result !== undefined && !isObject(result)) return 'the result of its task is none';
  if (status === 'failed' && error !== undefined && !isObject(error)) return 'the error of its task is none';
  return null;
};

/** The text of a task under another id. */
export const renamedTask = (text: string, taskId: string): string =>
  withMembers(text, { taskId: JSON.stringify(taskId) });

/** The text of a task whose result keeps nothing in its `_meta` but what `relayed` lets pass. */
export const taskWithMeta = (text: string, relayed: (meta: unknown) => object | undefined): string => {
  const result = memberText(text, 'result');
  return result === undefined ? text : withMembers(text, { result: resultWithMeta(result, relayed) });
};

/** The same of a result by itself. */
export const resultWithMeta = (text: string, relayed: (meta: unknown) => object | undefined): string => {
  const meta = memberText(text, '_meta');
  if (meta === undefined) return text;
  const kept = relayed(JSON.parse(meta));
  return withMembers(text, { _meta: kept === undefined ? null : JSON.stringify(kept) });
};
