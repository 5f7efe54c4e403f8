/** Text that the gateway gives to a client and gets back: sealed, so that it is neither read nor changed on the way. */
export { type CursorScope, readCursor, writeCursor } from './cursor.js';
export { type RequestState, type StateScope, readRequestState, writeRequestState } from './request-state.js';
export { Seal } from './seal.js';
export { type TaskOwner, type TaskPlace, readTaskId, taskUnknown, writeTaskId } from './task-id.js';
