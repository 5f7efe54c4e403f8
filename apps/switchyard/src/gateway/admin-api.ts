import { EventStreamReader, textOf } from '#libs/mcp';

const TIMEOUT_MS = 120_000;

/** What registering a gateway needs; as the REST API takes it. */
export interface GatewayBody {
  readonly name: string;
  readonly transport: 'STREAMABLEHTTP' | 'SSE' | 'STDIO' | 'AUTO';
  readonly url?: string;
  readonly command?: string;
  readonly args?: readonly string[];
  /** A path from the root. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** In which era it is spoken to; `auto`: in its client's, where it speaks both. */
  readonly era?: 'auto' | 'modern' | 'legacy';
  readonly timeoutMs?: number;
  readonly authType?: 'authheaders';
  readonly authHeaders?: readonly { readonly key: string; readonly value: string }[];
}

export interface GatewayView {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly url: string | null;
  readonly transport: string;
  readonly command?: string | null;
  readonly args?: readonly string[];
  readonly cwd?: string | null;
  readonly era?: 'auto' | 'modern' | 'legacy';
  readonly enabled: boolean;
  readonly reachable: boolean;
  readonly timeoutMs: number | null;
  /** Why it has never been reached. */
  readonly lastError: string | null;
  readonly toolCount: number;
  readonly resourceCount: number;
  readonly promptCount: number;
}

/** A part of an export of ContextForge, and how it is taken over. */
export interface ImportRequest {
  readonly import_data: { readonly entities: Readonly<Record<string, readonly unknown[]>> };
  readonly conflict_strategy: string;
  readonly dry_run: boolean;
  readonly visibility?: string;
  readonly secret?: string;
}

export interface Imported {
  readonly results: readonly {
    readonly type: string;
    readonly name: string;
    readonly outcome: 'created' | 'updated' | 'unchanged' | 'skipped' | 'left_out' | 'failed';
    readonly notes: readonly string[];
  }[];
}

/** May this user call this tool? */
export interface AskedCall {
  readonly user: string;
  readonly tool: string;
  readonly server?: string;
}

export interface Verdict {
  readonly allowed: boolean;
  readonly rule: string;
  readonly because: string;
  readonly wouldChange: readonly string[];
}

export interface AuditVerdict {
  readonly intact: boolean;
  readonly records: number;
  readonly erased: number;
  readonly brokenAt: number | null;
  readonly fault: string | null;
  readonly head: { readonly seq: number; readonly hash: string };
}

/** What an upstream has changed of a tool. */
export interface ToolChange {
  readonly id: string;
  readonly gatewayName: string;
  /** The upstream's own name of it. */
  readonly tool: string;
  readonly class: string;
  readonly state: string;
  readonly findings: readonly { readonly class: string; readonly finding: string }[];
  /** ISO 8601. */
  readonly foundAt: string;
  readonly decidedAt: string | null;
  readonly decidedBy: string | null;
  readonly note: string | null;
}

export interface ToolChangeDetail extends ToolChange {
  readonly diff: readonly { readonly sign: string; readonly text: string }[];
}

export type Decision = 'approve' | 'keep' | 'block';

export interface Registered {
  readonly gateway: GatewayView;
  readonly change: 'new' | 'updated' | 'unchanged';
}

export type Plan = Registered['change'];

/** The gateway's own REST API, as an administrator uses it. */
export class AdminApi {
  constructor(
    readonly url: string,
    readonly token: string,
  ) {}

  /**
   * Sees to it that a gateway of this name is registered in this way. One whose server cannot be reached is kept, disabled,
   * with the reason, and tried again the next time.
   */
  async ensureGateway(body: GatewayBody): Promise<Registered> {
    const known = await this.find(body.name);
    if (known === undefined) {
      return { gateway: await this.ask('POST', '/v1/gateways', { ...body, keepUnreachable: true }), change: 'new' };
    }
    if (isSame(known, body)) return { gateway: known, change: 'unchanged' };
    const path = `/v1/gateways/${known.id}`;
    if (known.lastError === null) return { gateway: await this.ask('PUT', path, body), change: 'updated' };
    await this.ask('PUT', path, body);
    const { gateway } = await this.ask<{ gateway: GatewayView }>('POST', `${path}/state?activate=true`);
    return { gateway, change: 'new' };
  }

  /** What `ensureGateway` would do. */
  async planGateway(body: GatewayBody): Promise<Plan> {
    const known = await this.find(body.name);
    if (known === undefined || known.lastError !== null) return 'new';
    return isSame(known, body) ? 'unchanged' : 'updated';
  }

  importEntries(request: ImportRequest): Promise<Imported> {
    return this.ask('POST', '/v1/import', request);
  }

  explain(asked: AskedCall): Promise<Verdict> {
    return this.ask('GET', `/v1/authz/explain?${new URLSearchParams({ ...asked }).toString()}`);
  }

  /** `noted`: what was printed of an earlier time, `SEQ:HASH`. */
  verifyAudit(noted?: { readonly seq: string; readonly hash: string }): Promise<AuditVerdict> {
    const query = noted === undefined ? '' : `?${new URLSearchParams({ ...noted }).toString()}`;
    return this.ask('GET', `/v1/audit/verify${query}`);
  }

  /** `query`: the parameters of `GET /changes`. */
  changes(
    query: Readonly<Record<string, string>>,
  ): Promise<{ readonly changes: readonly ToolChange[]; readonly nextCursor: string | null }> {
    return this.ask('GET', `/v1/changes?${new URLSearchParams(query).toString()}`);
  }

  change(id: string): Promise<ToolChangeDetail> {
    return this.ask('GET', `/v1/changes/${encodeURIComponent(id)}`);
  }

  decide(id: string, decision: Decision, note?: string): Promise<ToolChange> {
    return this.ask('POST', `/v1/changes/${encodeURIComponent(id)}/${decision}`, note === undefined ? {} : { note });
  }

  /** Calls as they happen. Ends with the stream; rejects where it cannot be had. */
  async tap(query: Readonly<Record<string, string>>, onEvent: (event: string, data: string) => void): Promise<void> {
    const response = await fetch(`${this.url}/v1/tap?${new URLSearchParams(query).toString()}`, {
      headers: { authorization: `Bearer ${this.token}`, accept: 'text/event-stream' },
    });
    if (!response.ok || response.body === null) {
      const { detail } = (await response.json()) as { readonly detail?: string };
      throw new Error(detail ?? `GET /tap was answered with ${response.status}`);
    }
    const reader = new EventStreamReader(({ event, data }) => onEvent(event, textOf(data)), { eventBytesMax: 65_536 });
    for await (const chunk of response.body) reader.push(Buffer.from(chunk));
  }

  /** The id of a virtual server by its name or id. Throws where there is none. */
  async serverId(name: string): Promise<string> {
    if (name === 'mcp') return name;
    return idOf(name, 'virtual server', await this.ask('GET', '/v1/servers?include_inactive=true'));
  }

  /** The id of an upstream by its name or id. Throws where there is none. */
  async gatewayId(name: string): Promise<string> {
    return idOf(name, 'upstream', await this.ask('GET', '/v1/gateways?include_inactive=true'));
  }

  private async find(name: string): Promise<GatewayView | undefined> {
    const gateways = await this.ask<readonly GatewayView[]>('GET', '/v1/gateways?include_inactive=true');
    return gateways.find((gateway) => gateway.name === name);
  }

  private async ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = (await response.json()) as Answer & { readonly detail?: string };
    if (!response.ok) throw new Error(answer.detail ?? `${method} ${path} was answered with ${response.status}`);
    return answer;
  }
}

const idOf = (name: string, kind: string, known: readonly { readonly id: string; readonly name: string }[]): string => {
  const found = known.find((one) => one.name === name) ?? known.find(({ id }) => id === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found.id;
};

/** Secrets are not shown by the API, so whatever has some is told anew each time. */
const isSame = (known: GatewayView, body: GatewayBody): boolean =>
  known.reachable &&
  known.enabled &&
  body.authHeaders === undefined &&
  Object.keys(body.env ?? {}).length === 0 &&
  (body.transport === 'AUTO' || known.transport === body.transport) &&
  connectionText(known) === connectionText(body);

type Connection = Pick<GatewayView, 'era' | 'command' | 'cwd' | 'args'> & {
  readonly url?: string | null;
  readonly timeoutMs?: number | null;
};

const connectionText = ({ url, command, cwd, args, era, timeoutMs }: Connection): string =>
  JSON.stringify([url ?? null, command ?? null, cwd ?? null, args ?? [], era ?? 'auto', timeoutMs ?? null]);
