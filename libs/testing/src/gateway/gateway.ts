import type { Client } from '@modelcontextprotocol/client';
import type { EmbeddedPostgres } from '#libs/storage';
import type { ChildServer } from '../child-server.js';
import type { RedisServer } from '../redis-server.js';
import type { AdminApi } from './admin-api.js';

export const SERVICES = ['ingress', 'auth', 'registry', 'tool-invocation', 'metrics'] as const;
export type Service = (typeof SERVICES)[number];

export interface GatewayProcess {
  /** `switchyard` in embedded mode. */
  readonly service: Service | 'switchyard';
  readonly replica: number;
  readonly url: string;
  readonly server: ChildServer;
}

export type ClientEra = 'legacy' | 'modern';

/** A whole gateway in processes of its own, run from the build as users run it. */
export interface Gateway {
  /** Where clients go; in distributed mode a front that gives each request to the next replica. */
  readonly url: string;
  /** The replicas that serve MCP, without the front. */
  readonly ingressUrls: readonly string[];
  readonly adminToken: string;
  readonly admin: AdminApi;
  readonly processes: readonly GatewayProcess[];
  /** The broker, in distributed mode. */
  readonly nats: ChildServer | undefined;
  /** Of the broker's monitoring pages: who is connected, and hears what. */
  readonly natsMonitorUrl: string | undefined;
  readonly redis: RedisServer | undefined;
  /** In distributed mode; the embedded gateway runs its own. */
  readonly postgres: EmbeddedPostgres | undefined;

  /** A token for anybody. A user who is not an administrator has to be known to the gateway first. */
  tokenFor(user: {
    readonly email: string;
    readonly isAdmin?: boolean;
    readonly teams?: readonly string[];
    /** An hour unless told, as `90d`. */
    readonly lasts?: string;
  }): Promise<string>;
  /** A connected client of the official SDK, as the administrator unless told otherwise. */
  client(
    era: ClientEra,
    options?: { readonly path?: string; readonly token?: string; readonly url?: string },
  ): Promise<Client>;
  process(service: GatewayProcess['service'], replica?: number): GatewayProcess;
  /** `kill -9` of one replica. */
  kill(service: GatewayProcess['service'], replica?: number): Promise<void>;
  /** Starts a replica that was killed, on the same port. */
  restart(service: GatewayProcess['service'], replica?: number): Promise<void>;
  /** What the processes have printed, for a failing test to show. */
  logs(): string;
  stop(): Promise<void>;
}

export interface GatewayOptions {
  readonly mode: 'embedded' | 'distributed';
  /** Of each service, in distributed mode. */
  readonly replicas?: number;
  /** Where the gateway is reached; else at any free port. In distributed mode. */
  readonly frontPort?: number;
  /** Of another checkout, built, to be run instead of this one. */
  readonly folder?: string;
  /** Settings for every process; with a `PORT`, in embedded mode, the gateway is there. */
  readonly env?: Readonly<Record<string, string>>;
  /** Tokens of the test are signed with this; else with one that is made. In distributed mode. */
  readonly signingKey?: string;
  /** What is done with the database before the services start, in distributed mode. */
  readonly prepare?: (postgres: EmbeddedPostgres) => Promise<void>;
  /** The port by which the processes of a service reach the broker, which is at the given one; in distributed mode. */
  readonly natsThrough?: (service: Service, port: number) => Promise<number>;
  /** Settings of each process of a service, which win over `env`; in distributed mode. */
  readonly envOf?: (service: Service) => Readonly<Record<string, string>>;
}
