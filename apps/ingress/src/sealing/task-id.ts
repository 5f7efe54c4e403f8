import type { Principal } from '#contracts/auth/principal';
import type { OwnSession, TaskKeeper } from '#contracts/tool-invocation/execute-call.request';
import { fail } from '#libs/errors';
import { TASKS_EXTENSION, declaresTasks, isPlainName } from '#libs/mcp';
import type { PlacedCall } from '../call/calls.js';
import type { Seal } from './seal.js';
import type { EndpointCatalog } from '../catalog/endpoint-catalog.js';

/** Where a task is, and whose call it is: all that is to be known of it is in the id that the client has. */
export interface TaskPlace {
  readonly upstreamId: string;
  /** As whoever keeps it calls it. */
  readonly taskId: string;
  /** The name of the tool, as the client has it. */
  readonly tool: string;
  /** As the client was told. */
  readonly createdAt?: string;
  /** Set where not any instance of tool-invocation will do. */
  readonly kept?: { readonly by: TaskKeeper; readonly instance: string };
  /** Whose session at the upstream has it, where that is not shared. */
  readonly ownSession?: OwnSession;
  /** What the client of the call could do, where the upstream was told once for all. */
  readonly capabilities?: Readonly<Record<string, unknown>>;
}

type Owner = Pick<PlacedCall, 'principal' | 'endpoint'>;

/** A task is its caller's alone, at the endpoint where it was begun: https://github.com/modelcontextprotocol/ext-tasks */
const purposeOf = ({ principal, endpoint }: Owner): string => JSON.stringify(['task', endpoint.serverId, principal.id]);

export const writeTaskId = (seal: Seal, owner: Owner, place: TaskPlace): string => seal.close(purposeOf(owner), place);

/** `null` for what is no task of this caller: forged, somebody else's, or of a tool that they no longer see. */
export const findTask = (seal: Seal, call: PlacedCall, taskId: unknown): TaskPlace | null => {
  if (typeof taskId !== 'string' || !isPlainName(taskId)) return null;
  const place = seal.open(purposeOf(call), taskId) as TaskPlace | undefined;
  return place !== undefined && isSeen(place, call.catalog, call.principal) ? place : null;
};

export const isSeen = ({ tool, upstreamId }: TaskPlace, catalog: EndpointCatalog, principal: Principal): boolean =>
  catalog.tool(tool, principal)?.upstreamId === upstreamId;

/** Throws what a client is answered that asks about tasks without the extension, or where there is none. */
export const checkTasks = (call: PlacedCall): void => {
  if (!Object.hasOwn(call.view.offer.extensions, TASKS_EXTENSION)) throw fail('mcp.method_unknown');
  checkDeclared(call);
};

export const checkDeclared = ({ envelope }: PlacedCall): void => {
  if (envelope !== null && declaresTasks(envelope.capabilities)) return;
  throw fail('mcp.capability_missing', {
    data: { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
  });
};

export const taskUnknown = () => fail('mcp.params_invalid', { message: 'Unknown task', executed: 'no' });
