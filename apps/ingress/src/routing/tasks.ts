import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { TASKS_EXTENSION, declaresTasks } from '#libs/mcp';
import type { ScopedCall } from '../call/index.js';
import type { EndpointCatalog } from '../catalog/index.js';
import { type Seal, type TaskPlace, readTaskId } from '../sealing/index.js';

/** `null` for what is no task of this caller: forged, somebody else's, or of a tool that they no longer see. */
export const findTask = (seal: Seal, call: ScopedCall, taskId: unknown): TaskPlace | null => {
  const place = readTaskId(seal, call, taskId);
  return place !== null && canSeeTask(place, call.catalog, call.principal) ? place : null;
};

/** A task is seen for as long as the tool is that began it. */
export const canSeeTask = ({ tool, upstreamId }: TaskPlace, catalog: EndpointCatalog, principal: Principal): boolean =>
  catalog.tool(tool, principal)?.upstreamId === upstreamId;

/** Throws `mcp.method_unknown` where no upstream has tasks, `mcp.capability_missing` as `requireTasksDeclared` does. */
export const requireTasks = (call: ScopedCall): void => {
  if (!Object.hasOwn(call.view.capabilities.extensions, TASKS_EXTENSION)) throw fail('mcp.method_unknown');
  requireTasksDeclared(call);
};

/** Throws `mcp.capability_missing` when the client has not declared the extension in this request. */
export const requireTasksDeclared = ({ envelope }: ScopedCall): void => {
  if (envelope !== null && declaresTasks(envelope.capabilities)) return;
  throw fail('mcp.capability_missing', {
    data: { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
  });
};
