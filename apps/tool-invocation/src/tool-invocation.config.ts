import { isIP } from 'node:net';
import { callTimeoutOption, stdioTransportOption } from '#contracts/tool-invocation/shared-settings';
import { autoFlag, type ConfigOf, decimal, flag, integer, list, oneOf, optionalText, text } from '#libs/config';
import { outboxOptions } from '#libs/outbox';

/** Seconds where the name says none, as the names' origin has it. */
export const toolInvocationOptions = {
  TOOL_TIMEOUT: callTimeoutOption,
  TOOL_CONCURRENT_LIMIT: integer(
    10,
    'Calls of one tool that one caller may have in flight at an upstream from one instance; more wait their turn. An upstream with a limit of its own has that one instead, over all its tools and callers.',
    { min: 1, max: 100_000 },
  ),
  TOOL_QUEUE_LIMIT: integer(
    1_000,
    'Calls that may wait for one upstream; the next is refused at once, and has not run.',
    { max: 1_000_000 },
  ),
  RETRY_MAX_ATTEMPTS: integer(
    3,
    'How often a call is tried while it is certain that nothing of it was sent. 1 is never again.',
    { min: 1, max: 20 },
  ),
  RETRY_BASE_DELAY: decimal(1, 'Seconds before the second attempt; doubled for each further one, ±25 %.', { max: 60 }),
  RETRY_MAX_DELAY: decimal(60, 'The longest wait between attempts, in seconds.', { max: 3_600 }),

  ZONE: text(
    '',
    'Where this process is, as connectors name where they are: an upstream behind several is asked in the same zone first.',
    { isText: (value) => /^[\w.-]{0,64}$/.test(value), form: 'up to 64 letters, digits, ".", "_" and "-"' },
  ),

  HTTPX_MAX_CONNECTIONS: integer(200, 'Connections to one upstream that carry calls.', { min: 1, max: 100_000 }),
  HTTPX_KEEPALIVE_EXPIRY: decimal(
    30,
    'Seconds an idle connection to an upstream is kept, unless the upstream says less.',
    { min: 0.1, max: 600 },
  ),
  HTTPX_CONNECT_TIMEOUT: decimal(5, 'Seconds a connection to an upstream may take, TLS included.', {
    min: 0.1,
    max: 120,
  }),

  MCP_SESSION_POOL_ACQUIRE_TIMEOUT: decimal(30, 'Seconds a call may wait for its turn at an upstream.', {
    min: 0.1,
    max: 3_600,
  }),
  MCP_SESSION_POOL_CREATE_TIMEOUT: decimal(
    30,
    'Seconds that connecting to an upstream may take: finding out what it speaks, starting its process, opening a session.',
    { min: 0.1, max: 600 },
  ),
  MCP_SESSION_POOL_IDLE_EVICTION: decimal(
    600,
    'Seconds after which an upstream session or process that nobody uses is ended.',
    { min: 1, max: 86_400 },
  ),
  MCP_SESSION_POOL_MAX_SESSIONS: integer(
    1_000,
    'Upstream sessions (and processes) one instance keeps in all; the longest idle gives way.',
    { min: 1, max: 1_000_000 },
  ),
  MCP_SESSION_POOL_MAX_PER_KEY: integer(
    10,
    'Sessions (or processes) one caller may have at one upstream before 2026-07-28 from one instance, so that no question of the upstream reaches another of its clients. With more calls at once they are shared, and a question that does not say whose it is is refused.',
    { min: 1, max: 10_000 },
  ),
  MCP_SESSION_POOL_CIRCUIT_BREAKER_THRESHOLD: integer(5, 'Failures in a row after which an upstream is left alone.', {
    min: 1,
    max: 1_000,
  }),
  MCP_SESSION_POOL_CIRCUIT_BREAKER_RESET: decimal(
    60,
    'The longest time, in seconds, before one call probes an upstream that is left alone. The first probe comes after 5 seconds; the wait doubles with each that fails.',
    { min: 0.1, max: 3_600 },
  ),

  PERFORMANCE_TRACKING_ENABLED: flag(true, 'Whether calls that are slow have a line in the log.'),
  PERFORMANCE_THRESHOLD_TOOL_INVOCATION_MS: integer(
    2_000,
    'Milliseconds from which on a call is slow: waiting for a place at its upstream and the upstream together. 0: none is.',
  ),
  UPSTREAM_RESULT_BYTES_MAX: integer(16_777_216, 'The largest answer taken from an upstream, in bytes.', {
    min: 1_024,
  }),
  UPSTREAM_NOTIFICATION_BYTES_MAX: integer(
    16_777_216,
    'Bytes an upstream may send beside its answers, on the stream of one call or on a connection that is for all; each minute as many again. With more, that call, or that connection, is ended.',
    { min: 1_024 },
  ),
  UPSTREAM_NOTIFICATIONS_MAX: integer(20_000, 'Notifications an upstream may send there; each minute as many again.', {
    min: 1,
  }),
  UPSTREAM_ERA_RECHECK_INTERVAL: decimal(
    3_600,
    'Seconds after which an upstream found to speak a revision before 2026-07-28 is asked again.',
    { min: 1 },
  ),
  PARKED_CALL_TTL: decimal(600, 'Seconds a call that needs input from its client is held open.', {
    min: 1,
    max: 86_400,
  }),
  PARKED_CALLS_PER_PRINCIPAL: integer(32, 'Calls one caller may have waiting for input at one instance.', {
    min: 1,
    max: 100_000,
  }),

  TASK_TTL: decimal(600, 'Seconds a call that was turned into a task may take, and that its result can be asked for.', {
    min: 1,
    max: 86_400,
  }),
  TASKS_PER_PRINCIPAL: integer(
    32,
    'Calls of one caller that one instance keeps as tasks; with more, a slow call is waited for as usual.',
    { max: 100_000 },
  ),

  SSRF_PROTECTION_ENABLED: flag(
    true,
    'Refuses connections to addresses that no upstream has: metadata services, link-local, carrier NAT, multicast.',
  ),
  SSRF_ALLOW_LOCALHOST: autoFlag(
    'Whether upstreams on this host may be reached. `auto`: where the gateway is one process (no NATS_URL).',
  ),
  SSRF_ALLOW_PRIVATE_NETWORKS: flag(
    false,
    'Whether upstreams in private networks (10/8, 172.16/12, 192.168/16, fc00::/7) may be reached.',
  ),

  UPSTREAM_NAME_SERVERS: list(
    [],
    "Name servers for the names of upstreams, as `address` or `address:port`. Empty: the system's, and for a name that they do not know the system itself. The hosts file comes first in any case.",
    { isItem: isNameServer, items: 'addresses, with or without a port' },
  ),

  MCPGATEWAY_STDIO_TRANSPORT_ENABLED: stdioTransportOption,
  STDIO_COMMANDS_ALLOWED: list([], 'The commands that stdio upstreams may start, as they are registered. Empty: any.'),
  STDIO_PROCESSES_MAX: integer(
    64,
    'Child processes one instance runs at once, its workers (`WORKERS`) together: each has an equal share.',
    { min: 1, max: 10_000 },
  ),
  STDIO_SANDBOX: oneOf(
    ['auto', 'require', 'off'],
    'auto',
    "Whether child processes are kept apart from the gateway. `auto`: as far as this host can, with bubblewrap where it works. `require`: stdio upstreams are refused where it does not. `off`: they are the gateway's equals.",
  ),
  STDIO_USER: text(
    'auto',
    "`uid:gid` that child processes run as, where the gateway is root. `auto`: 64925:64925 where the gateway is root and the sandbox is not off, with a home folder of their own; else the gateway's.",
    { isText: (value) => value === 'auto' || /^\d{1,9}:\d{1,9}$/.test(value), form: 'auto or uid:gid' },
  ),
  STDIO_NETWORK: flag(
    true,
    'Whether child processes have a network. `false` needs bubblewrap, and stdio upstreams are refused without it.',
  ),
  STDIO_MEMORY_MB_MAX: integer(
    4_096,
    'Megabytes of memory that one process of a stdio upstream may have (RLIMIT_DATA). 0: no limit.',
    { max: 1_048_576 },
  ),
  STDIO_TASKS_MAX: integer(
    512,
    'Processes and threads of one stdio upstream, where it runs in bubblewrap (RLIMIT_NPROC). 0: no limit.',
    { max: 1_000_000 },
  ),
  STDIO_CPU_SECONDS_MAX: integer(
    36_000,
    'Seconds of processor time after which a process of a stdio upstream is ended (RLIMIT_CPU). 0: no limit.',
    { max: 1_000_000_000 },
  ),
  PATH: text(
    '/usr/local/bin:/usr/bin:/bin',
    'Where the commands of stdio upstreams are found. Handed to them, like the next four.',
  ),
  HOME: optionalText('Handed to stdio upstreams.'),
  LANG: optionalText('Handed to stdio upstreams.'),
  TMPDIR: optionalText('Handed to stdio upstreams.'),
  TZ: optionalText('Handed to stdio upstreams.'),

  ...outboxOptions,
};

/** `1.2.3.4`, `1.2.3.4:53`, `::1` or `[::1]:53`. */
function isNameServer(text: string): boolean {
  const [, address = text, port] = /^\[?([^\]]+?)\]?(?::(\d{1,5}))?$/.exec(isIP(text) === 6 ? `[${text}]` : text) ?? [];
  return isIP(address) !== 0 && (port === undefined || (Number(port) > 0 && Number(port) < 65_536));
}

export type ToolInvocationConfig = ConfigOf<typeof toolInvocationOptions>;
