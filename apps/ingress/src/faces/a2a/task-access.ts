import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import type { CallShares, CredentialCarrier } from '#libs/identity';
import { isObject } from '#libs/mcp';
import type { Admission } from '../../admission/index.js';
import { type Catalogs, isSearchTool } from '../../catalog/index.js';
import type { Router } from '../../routing/index.js';
import type { TaskOwner, TaskRecord, TaskStore } from './task-store.js';
import type { ToolCall } from './tool-call.js';

export interface TaskAccessParts {
  readonly admission: Admission;
  readonly catalogs: Catalogs;
  readonly router: Router;
  readonly shares: CallShares;
  readonly tasks: TaskStore;
}

const ASKS_FOR_TASK = { does: 'call', method: 'tasks/get' } as const;

/** Who may have a task, and when: as with the tasks of MCP. */
export class TaskAccess {
  constructor(private readonly parts: TaskAccessParts) {}

  /** Rejects with `auth.…` for whoever may not run tools. */
  permitted(carrier: CredentialCarrier, serverId: string | null): Promise<Principal> {
    return this.parts.admission.permitted(ASKS_FOR_TASK, carrier, serverId);
  }

  /** Acts within the shares of a caller. Rejects with `http.rate_limited`. */
  async sharing<T>(principal: Principal, carrier: CredentialCarrier, act: () => Promise<T>): Promise<T> {
    const { shares } = this.parts;
    const taken = shares.enter(principal, carrier);
    try {
      return await act();
    } finally {
      shares.leave(taken);
    }
  }

  /** A task is seen for as long as its tool is. `null`: there is none, or it is not seen. */
  async find(owner: TaskOwner, principal: Principal, id: string): Promise<TaskRecord | null> {
    const { catalogs, router, tasks } = this.parts;
    if (!(await catalogs.of(owner.serverId)).isSeenBy(principal)) throw fail('registry.server_unknown');
    const record = await tasks.find(owner, id);
    if (record?.tool === undefined) return record;
    const isSeen = (await router.findTool(record.tool, principal, owner.serverId)) !== null;
    return isSeen ? record : null;
  }

  /** The tool that a call runs, where one may be called by way of another; undefined: it runs none of an upstream. */
  async toolOf({ tool, arguments: args }: ToolCall, serverId: string | null): Promise<string | undefined> {
    const { isSearched } = await this.parts.catalogs.of(serverId);
    if (!isSearched || !isSearchTool(tool)) return tool;
    const { name } = isObject(args) ? args : {};
    return tool === 'call_tool' && typeof name === 'string' ? name : undefined;
  }
}
