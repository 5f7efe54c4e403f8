/**
 * Where a call goes: from the name that a client uses to an upstream, and to what that upstream calls it. What a caller
 * does not see is answered in the same words as what is not there.
 */
export { type RoutingDeps } from './bind.js';
export { type FoundTool, Router, type SearchTool } from './router.js';
export { canSeeTask, findTask, requireTasksDeclared } from './tasks.js';
