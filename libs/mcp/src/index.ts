export { carriedJson, decodeUtf8, textOf } from './json/carried.js';
export type { CarriedJson } from './json/carried.js';
export { asObject, isObject } from './json/is-object.js';
export { checkDepth } from './json/limits.js';
export { memberText, membersOf, valueText, withMembers } from './json/members.js';
export type { Member } from './json/members.js';
export { GATEWAY_META, VIA_META, isGatewayId, readVia } from './gateway-way.js';
export * from './jsonrpc-codes.js';
export * from './lists.js';
export { isAtLeast, isLogLevel } from './log-level.js';
export type { LogLevel } from './log-level.js';
export { MODERN_REVISION, LEGACY_REVISIONS, isModern, isServed } from './revisions.js';
export type { Revision } from './revisions.js';
export {
  TASKS_EXTENSION,
  declaresTasks,
  isTaskMethod,
  renamedTask,
  resultWithMeta,
  runsLegacyTasks,
  taskProblem,
  taskSupportOf,
  taskWithMeta,
} from './tasks.js';
export type { TaskMethod, TaskSupport } from './tasks.js';
export * from './client-side/index.js';
export * from './server-side/index.js';
