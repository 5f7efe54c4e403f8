import { CommandFailure } from '../terminal/failure.js';
import type { Rest } from './rest.js';

/** What registering a gateway needs; as the REST API takes it. */
export interface GatewayBody {
  readonly name: string;
  readonly transport: 'STREAMABLEHTTP' | 'SSE' | 'STDIO' | 'AUTO';
  readonly url?: string;
  readonly passthroughHeaders?: readonly string[];
  /** As PEM, likewise the two below. */
  readonly caCertificate?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
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
  readonly credentials?: 'always' | 'with_changes';
  /** What is new gets the tag of this set of `apply`. */
  readonly apply_set?: string;
  readonly visibility?: string;
  readonly secret?: string;
  readonly passphrase?: string;
}

export interface Imported {
  readonly results: readonly {
    readonly type: string;
    readonly name: string;
    readonly outcome: 'created' | 'updated' | 'unchanged' | 'skipped' | 'left_out' | 'failed';
    readonly notes: readonly string[];
  }[];
}

export interface Registered {
  readonly gateway: GatewayView;
  readonly change: 'new' | 'updated' | 'unchanged';
}

export type Plan = Registered['change'];

/** Registering upstreams, and finding things by the names that people know them by. */
export class AdminApi {
  constructor(readonly rest: Rest) {}

  /**
   * Sees to it that a gateway of this name is registered in this way. One whose server cannot be reached is kept, disabled,
   * with the reason, and tried again the next time.
   */
  async ensureGateway(body: GatewayBody): Promise<Registered> {
    const known = await this.find(body.name);
    if (known === undefined) {
      return { gateway: await this.rest.post('/v1/gateways', { ...body, keepUnreachable: true }), change: 'new' };
    }
    if (isSame(known, body)) return { gateway: known, change: 'unchanged' };
    const path = `/v1/gateways/${known.id}`;
    if (known.lastError === null) return { gateway: await this.rest.put(path, body), change: 'updated' };
    await this.rest.put(path, body);
    const { gateway } = await this.rest.post<{ gateway: GatewayView }>(`${path}/state?activate=true`);
    return { gateway, change: 'new' };
  }

  /** What `ensureGateway` would do. */
  async planGateway(body: GatewayBody): Promise<Plan> {
    const known = await this.find(body.name);
    if (known === undefined || known.lastError !== null) return 'new';
    return isSame(known, body) ? 'unchanged' : 'updated';
  }

  importEntries(request: ImportRequest): Promise<Imported> {
    return this.rest.post('/v1/import', request);
  }

  /** The id of a virtual server by its name or id. Throws where there is none. */
  async serverId(name: string): Promise<string> {
    return idOf(name, 'virtual server', await this.rest.get('/v1/servers?include_inactive=true&limit=0'));
  }

  /** The id of an upstream by its name or id. Throws where there is none. */
  async gatewayId(name: string): Promise<string> {
    return idOf(name, 'upstream', await this.gateways());
  }

  gateways(): Promise<readonly GatewayView[]> {
    return this.rest.get('/v1/gateways?include_inactive=true&limit=0');
  }

  private async find(name: string): Promise<GatewayView | undefined> {
    return (await this.gateways()).find((gateway) => gateway.name === name);
  }
}

const idOf = (name: string, kind: string, known: readonly { readonly id: string; readonly name: string }[]): string => {
  const found = known.find((one) => one.name === name) ?? known.find(({ id }) => id === name);
  if (found === undefined) throw new CommandFailure(`there is no ${kind} ${name}`);
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
