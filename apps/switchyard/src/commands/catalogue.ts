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
  export: async () => (await import('./export/export.command.js')).exportCommand(),
  apply: async () => (await import('./apply/apply.command.js')).applyCommand(),
  servers: async () => (await import('./servers/servers.command.js')).serversCommand(),
  catalog: async () => (await import('./catalog/catalog.command.js')).catalogCommand(),
  tools: async () => (await import('./tools/tools.command.js')).toolsCommand(),
  endpoints: async () => (await import('./endpoints/endpoints.command.js')).endpointsCommand(),
  client: async () => (await import('./client/client.command.js')).clientCommand(),
  calls: async () => (await import('./calls/calls.command.js')).callsCommand(),
  why: async () => (await import('./calls/why.command.js')).whyCommand(),
  tap: async () => (await import('./calls/tail.command.js')).tailCommand('tap'),
  top: async () => (await import('./top/top.command.js')).topCommand(),
  connections: async () => (await import('./connections/connections.command.js')).connectionsCommand(),
  changes: async () => (await import('./changes/changes.command.js')).changesCommand(),
  token: async () => (await import('./access/token.command.js')).tokenCommand(),
  user: async () => (await import('./access/user.command.js')).userCommand(),
  team: async () => (await import('./access/team.command.js')).teamCommand(),
  machine: async () => (await import('./access/machine.command.js')).machineCommand(),
  can: async () => (await import('./can/can.command.js')).canCommand(),
  context: async () => (await import('./context/context.command.js')).contextCommand(),
  connect: async () => (await import('./connect/connect.command.js')).connectCommand(),
  expose: async () => (await import('./expose/expose.command.js')).exposeCommand(),
  connector: async () => (await import('./connector/connector.command.js')).connectorCommand(),
  config: async () => (await import('./config/config.command.js')).configCommand(),
  backup: async () => (await import('./backup/backup.command.js')).backupCommand(),
  restore: async () => (await import('./backup/restore.command.js')).restoreCommand(),
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
  ['servers, import, export, apply', 'what is behind it, by hand, from an mcp.json, as and from files'],
  ['catalog', 'servers that the operator has written down, registered by their id'],
  ['tools', 'list tools, show them, call one'],
  ['endpoints', 'a choice of tools under a URL of its own'],
  ['client', 'write the files of your MCP clients'],
  ['calls, why, top', 'who called what, how it went and why, and how much'],
  ['changes, connections', 'tools that upstreams changed; your consents there'],
  ['token, user, team, can', 'who may do what'],
  ['machine', 'programs that get tokens without a user'],
  ['context', 'gateways elsewhere'],
  ['connect, expose', 'stdio made of HTTP, and HTTP of stdio'],
  ['connector', 'upstreams in a private network join the gateway'],
  ['config, migrate', 'settings, and the database before an upgrade'],
  ['backup, restore', 'all that the gateway keeps, sealed in one file'],
  ['secrets, audit', 'new keys, and whether the audit trail is whole'],
  ['completion', 'make a shell complete these words'],
  ['help, version', 'of a command; also: help settings [NAME...]'],
];
