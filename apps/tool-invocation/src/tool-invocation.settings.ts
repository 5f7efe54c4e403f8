import { resolve } from 'node:path';
import { fail } from '#libs/errors';
import type { ToolInvocationConfig } from './tool-invocation.config.js';

/** Under which the settings are injected. */
export const SETTINGS = Symbol('SETTINGS');

/** The settings as the code uses them: times in milliseconds, automatic flags decided. */
export interface Settings {
  readonly callTimeoutMs: number;
  /** What waits and works for so long is told of as slow; 0: nothing is. */
  readonly slowMs: number;
  readonly queueMax: number;
  readonly queueWaitMs: number;
  readonly concurrencyPerCaller: number;
  readonly retry: { readonly attemptsMax: number; readonly baseDelayMs: number; readonly delayMsMax: number };
  readonly breaker: { readonly threshold: number; readonly resetMsMax: number };
  /** Where this process is; empty: nobody has said. */
  readonly zone: string;
  readonly connections: { readonly max: number; readonly keepAliveMs: number; readonly connectTimeoutMs: number };
  readonly sessions: {
    readonly openTimeoutMs: number;
    readonly idleMs: number;
    readonly max: number;
    readonly perCallerMax: number;
  };
  readonly resultBytesMax: number;
  readonly notifications: { readonly bytesMax: number; readonly countMax: number };
  readonly eraRecheckMs: number;
  readonly parked: { readonly ttlMs: number; readonly perPrincipalMax: number };
  readonly deferredTasks: { readonly ttlMs: number; readonly perPrincipalMax: number };
  readonly egress: {
    readonly enabled: boolean;
    readonly allowLocalhost: boolean;
    readonly allowPrivate: boolean;
    readonly nameServers: readonly string[];
  };
  readonly stdio: {
    readonly enabled: boolean;
    readonly commandsAllowed: readonly string[];
    readonly processesMax: number;
    readonly env: Readonly<Record<string, string>>;
    /** Where each child has a folder of its own. */
    readonly folder: string;
    readonly sandbox: {
      readonly mode: 'auto' | 'require' | 'off';
      readonly network: boolean;
      /** Null: another one than root, and otherwise the gateway's. */
      readonly user: { readonly uid: number; readonly gid: number } | null;
      /** Paths that no child sees. */
      readonly hidden: readonly string[];
      /** Zero, here and below: no limit. */
      readonly memoryBytesMax: number;
      readonly tasksMax: number;
      readonly cpuSecondsMax: number;
    };
  };
}

export interface Circumstances {
  /** The gateway is one process. */
  readonly embedded: boolean;
  /** What the gateway keeps there is for it alone, as are `secretFiles`. */
  readonly dataDir: string;
  readonly secretFiles?: readonly string[];
  /** Processes that serve as this one instance, and run what children it may have between them. */
  readonly workers?: number;
}

/** Throws `config.invalid` for settings that contradict each other. */
export const settingsOf = (
  config: ToolInvocationConfig,
  { embedded, dataDir, secretFiles = [], workers = 1 }: Circumstances,
): Settings => ({
  callTimeoutMs: ms(config.TOOL_TIMEOUT),
  slowMs: config.PERFORMANCE_TRACKING_ENABLED ? config.PERFORMANCE_THRESHOLD_TOOL_INVOCATION_MS : 0,
  queueMax: config.TOOL_QUEUE_LIMIT,
  queueWaitMs: ms(config.MCP_SESSION_POOL_ACQUIRE_TIMEOUT),
  concurrencyPerCaller: config.TOOL_CONCURRENT_LIMIT,
  retry: {
    attemptsMax: config.RETRY_MAX_ATTEMPTS,
    baseDelayMs: ms(config.RETRY_BASE_DELAY),
    delayMsMax: ms(config.RETRY_MAX_DELAY),
  },
  breaker: {
    threshold: config.MCP_SESSION_POOL_CIRCUIT_BREAKER_THRESHOLD,
    resetMsMax: ms(config.MCP_SESSION_POOL_CIRCUIT_BREAKER_RESET),
  },
  zone: config.ZONE,
  connections: {
    max: config.HTTPX_MAX_CONNECTIONS,
    keepAliveMs: ms(config.HTTPX_KEEPALIVE_EXPIRY),
    connectTimeoutMs: ms(config.HTTPX_CONNECT_TIMEOUT),
  },
  sessions: {
    openTimeoutMs: ms(config.MCP_SESSION_POOL_CREATE_TIMEOUT),
    idleMs: ms(config.MCP_SESSION_POOL_IDLE_EVICTION),
    max: config.MCP_SESSION_POOL_MAX_SESSIONS,
    perCallerMax: config.MCP_SESSION_POOL_MAX_PER_KEY,
  },
  resultBytesMax: config.UPSTREAM_RESULT_BYTES_MAX,
  notifications: {
    bytesMax: config.UPSTREAM_NOTIFICATION_BYTES_MAX,
    countMax: config.UPSTREAM_NOTIFICATIONS_MAX,
  },
  eraRecheckMs: ms(config.UPSTREAM_ERA_RECHECK_INTERVAL),
  parked: { ttlMs: ms(config.PARKED_CALL_TTL), perPrincipalMax: config.PARKED_CALLS_PER_PRINCIPAL },
  deferredTasks: { ttlMs: ms(config.TASK_TTL), perPrincipalMax: config.TASKS_PER_PRINCIPAL },
  egress: {
    enabled: config.SSRF_PROTECTION_ENABLED,
    allowLocalhost: decided(config.SSRF_ALLOW_LOCALHOST, embedded),
    allowPrivate: config.SSRF_ALLOW_PRIVATE_NETWORKS,
    nameServers: config.UPSTREAM_NAME_SERVERS,
  },
  stdio: {
    enabled: decided(config.MCPGATEWAY_STDIO_TRANSPORT_ENABLED, embedded),
    commandsAllowed: config.STDIO_COMMANDS_ALLOWED,
    processesMax: shareOf(config.STDIO_PROCESSES_MAX, workers),
    env: childEnv(config),
    folder: resolve(dataDir, 'stdio'),
    sandbox: {
      mode: config.STDIO_SANDBOX,
      network: config.STDIO_NETWORK,
      user: userOf(config.STDIO_USER),
      hidden: [
        resolve(dataDir),
        // Of the embedded PostgreSQL; where paths are long it lies elsewhere, and this leads there.
        resolve(dataDir, 'postgres/socket'),
        resolve('.env'),
        ...SECRET_FOLDERS,
        ...secretFiles.map((path) => resolve(path)),
      ],
      memoryBytesMax: config.STDIO_MEMORY_MB_MAX * 1_048_576,
      tasksMax: config.STDIO_TASKS_MAX,
      cpuSecondsMax: config.STDIO_CPU_SECONDS_MAX,
    },
  },
});

/** Where containers are given theirs. */
const SECRET_FOLDERS = ['/run/secrets', '/var/run/secrets'];

const userOf = (text: string): { uid: number; gid: number } | null => {
  if (text === 'auto') return null;
  const [uid = 0, gid = 0] = text.split(':').map(Number);
  return { uid, gid };
};

const shareOf = (processes: number, workers: number): number => {
  if (processes < workers)
    throw fail('config.invalid', {
      message: `STDIO_PROCESSES_MAX: ${processes} child processes are too few for ${workers} workers (WORKERS)`,
    });
  return Math.floor(processes / workers);
};

const ms = (seconds: number): number => Math.round(seconds * 1_000);

const decided = (choice: boolean | 'auto', automatic: boolean): boolean => (choice === 'auto' ? automatic : choice);

const childEnv = ({ PATH, HOME, LANG, TMPDIR, TZ }: ToolInvocationConfig): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ PATH, HOME, LANG, TMPDIR, TZ }).filter((entry): entry is [string, string] => entry[1] !== null),
  );
