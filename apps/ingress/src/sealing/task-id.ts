import type { Principal } from '#contracts/auth/principal';
import type { DedicatedSession, TaskAffinity } from '#contracts/tool-invocation/execute-call.request';
import { fail } from '#libs/errors';
import { isPlainName } from '#libs/mcp';
import type { Seal } from './seal.js';

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
  readonly kept?: { readonly by: TaskAffinity; readonly instance: string };
  /** Whose session at the upstream has it, where that is not shared. */
  readonly dedicatedSession?: DedicatedSession;
  /** What the client of the call could do, where the upstream was told once for all. */
  readonly capabilities?: Readonly<Record<string, unknown>>;
}

/** A task is its caller's alone, at the endpoint where it was begun: https://github.com/modelcontextprotocol/ext-tasks */
export interface TaskOwner {
  readonly principal: Principal;
  readonly endpoint: { readonly serverId: string | null };
}

const purposeOf = ({ principal, endpoint }: TaskOwner): string =>
  JSON.stringify(['task', endpoint.serverId, principal.id]);

/** The id of a task as its client knows it: sealed to its owner, it tells nobody where the task is. */
export const writeTaskId = (seal: Seal, owner: TaskOwner, place: TaskPlace): string =>
  seal.close(purposeOf(owner), place);

/** `null` for what is no id of a task of this owner: forged, or somebody else's. */
export const readTaskId = (seal: Seal, owner: TaskOwner, taskId: unknown): TaskPlace | null => {
  if (typeof taskId !== 'string' || !isPlainName(taskId)) return null;
  return (seal.open(purposeOf(owner), taskId) as TaskPlace | undefined) ?? null;
};

/** The failure for a task that is not there, or is not the caller's: `mcp.params_invalid`, and nothing was executed. */
export const taskUnknown = () => fail('mcp.params_invalid', { message: 'Unknown task', executed: 'no' });
