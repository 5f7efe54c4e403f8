import type { Command } from 'commander';

/** Loads what the command needs. A relay like `connect` is started by a client that waits, and needs no gateway. */
type Load = () => Promise<Command>;

/** Every command by its name. */
export const catalogue: Readonly<Record<string, Load>> = {
  up: async () => (await import('./life/up.command.js')).upCommand(),
  down: async () => (await import('./life/down.command.js')).downCommand(),
  restart: async () => (await import('./life/up.command.js')).restartCommand(),
  status: async () => (await import('./life/status.command.js')).statusCommand(),
  logs: async () => (await import('./life/logs.command.js')).logsCommand(),
  open: async () => (await import('./open/open.command.js')).openCommand(),
  doctor: async () => (await import('./doctor/doctor.command.js')).doctorCommand(),
  reset: async () => (await import('./life/reset.command.js')).resetCommand(),
  service: async () => (await import('./service/service.command.js')).serviceCommand(),
  start: async () => (await import('./start/start.command.js')).startCommand(),
  import: async () => (await import('./import/import.command.js')).importCommand(),
  servers: async () => (await import('./servers/servers.command.js')).serversCommand(),
  tools: async () => (await import('./tools/tools.command.js')).toolsCommand(),
  endpoints: async () => (await import('./endpoints/endpoints.command.js')).endpointsCommand(),
  client: async () => (await import('./client/client.command.js')).clientCommand(),
  calls: async () => (await import('./calls/calls.command.js')).callsCommand(),
  why: async () => (await import('./calls/why.command.js')).whyCommand(),
  tap: async () => (await import('./calls/tail.command.js')).tailCommand('tap'),
  top: async () => (await import('./top/top.command.js')).topCommand(),
  changes: async () => (await import('./changes/changes.command.js')).changesCommand(),
  token: async () => (await import('./access/token.command.js')).tokenCommand(),
  user: async () => (await import('./access/user.command.js')).userCommand(),
  team: async () => (await import('./access/team.command.js')).teamCommand(),
  can: async () => (await import('./can/can.command.js')).canCommand(),
  context: async () => (await import('./context/context.command.js')).contextCommand(),
  connect: async () => (await import('./connect/connect.command.js')).connectCommand(),
  expose: async () => (await import('./expose/expose.command.js')).exposeCommand(),
  config: async () => (await import('./config/config.command.js')).configCommand(),
  migrate: async () => (await import('./migrate/migrate.command.js')).migrateCommand(),
  secrets: async () => (await import('./access/secrets.command.js')).secretsCommand(),
  audit: async () => (await import('./audit/audit.command.js')).auditCommand(),
  completion: async () => (await import('./completion/completion.command.js')).completionCommand(),
  complete: async () => (await import('./completion/complete.command.js')).completeCommand(catalogue),
};

/** Known by another name, or spoken to by programs alone. */
export const UNLISTED: readonly string[] = ['tap', 'complete'];

/** Commands as people meet them, all of which fit a screen. */
export const GROUPS: readonly (readonly [names: string, about: string])[] = [
  ['up, down, restart, status', 'the gateway in the background'],
  ['start, service', 'in this terminal, as no command does; by systemd'],
  ['logs, doctor, reset', 'what it writes, what is not well, begin anew'],
  ['open', 'the admin console'],
  ['servers, import', 'the MCP servers behind it, by hand or from an mcp.json'],
  ['tools', 'list tools, show them, call one'],
  ['endpoints', 'a choice of tools under a URL of its own'],
  ['client', 'write the files of your MCP clients'],
  ['calls, why, top', 'who called what, how it went and why, and how much'],
  ['changes', 'decide on tools that upstreams have changed'],
  ['token, user, team, can', 'who may do what'],
  ['context', 'gateways elsewhere'],
  ['connect, expose', 'stdio made of HTTP, and HTTP of stdio'],
  ['config, migrate', 'settings, and the database before an upgrade'],
  ['secrets, audit', 'new keys, and whether the audit trail is whole'],
  ['completion', 'make a shell complete these words'],
  ['help, version', 'of a command; also: help settings [NAME...]'],
];
