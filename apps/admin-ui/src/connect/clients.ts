/** What a client has to be told. */
export interface Target {
  /** How the client is to call it: letters, digits and hyphens. */
  readonly name: string;
  readonly url: string;
  readonly token: string;
}

/** A client, the file that it reads, and what is to stand there. */
export interface ClientRecipe {
  readonly id: string;
  readonly title: string;
  /** Where it goes: a path, or that it is a command. */
  readonly place: string;
  readonly write: (target: Target) => string;
}

const json = (value: unknown): string => JSON.stringify(value, null, 2);
const bearer = ({ token }: Target): string => `Bearer ${token}`;
const headersOf = (target: Target) => ({ Authorization: bearer(target) });
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The form that most share: an object of servers under one name. */
const servers = (member: string, entry: (target: Target) => object) => (target: Target) =>
  json({ [member]: { [target.name]: entry(target) } });

/** `mcp-remote` puts the variable in; a space in an argument would be lost on Windows. */
const AUTH_HEADER = 'Authorization:${AUTH}';

/** In the order in which they are asked for most. Placeholders of clients are not used: the token stands in the file. */
export const CLIENTS: readonly ClientRecipe[] = [
  {
    id: 'claude-code',
    title: 'Claude Code',
    place: 'a command, in the folder of the project',
    write: (target) =>
      `claude mcp add --transport http ${target.name} ${quoted(target.url)} --header ${quoted(`Authorization: ${bearer(target)}`)}`,
  },
  {
    id: 'claude-desktop',
    title: 'Claude Desktop',
    place: 'claude_desktop_config.json (Settings › Developer › Edit Config)',
    write: servers('mcpServers', (target) => ({
      command: 'npx',
      args: ['-y', 'mcp-remote', target.url, '--header', AUTH_HEADER],
      env: { AUTH: bearer(target) },
    })),
  },
  {
    id: 'cursor',
    title: 'Cursor',
    place: '~/.cursor/mcp.json, or .cursor/mcp.json of a project',
    write: servers('mcpServers', (target) => ({ url: target.url, headers: headersOf(target) })),
  },
  {
    id: 'vscode',
    title: 'VS Code',
    place: '.vscode/mcp.json of a project',
    write: servers('servers', (target) => ({ type: 'http', url: target.url, headers: headersOf(target) })),
  },
  {
    id: 'windsurf',
    title: 'Windsurf',
    place: '~/.codeium/windsurf/mcp_config.json',
    write: servers('mcpServers', (target) => ({ serverUrl: target.url, headers: headersOf(target) })),
  },
  {
    id: 'zed',
    title: 'Zed',
    place: '~/.config/zed/settings.json',
    write: servers('context_servers', (target) => ({ url: target.url, headers: headersOf(target) })),
  },
  {
    id: 'gemini-cli',
    title: 'Gemini CLI',
    place: '~/.gemini/settings.json',
    write: servers('mcpServers', (target) => ({ httpUrl: target.url, headers: headersOf(target) })),
  },
  {
    id: 'codex',
    title: 'Codex',
    place: '~/.codex/config.toml',
    write: (target) =>
      [
        `[mcp_servers.${target.name}]`,
        `url = ${JSON.stringify(target.url)}`,
        `http_headers = { Authorization = ${JSON.stringify(bearer(target))} }`,
      ].join('\n'),
  },
  {
    id: 'goose',
    title: 'Goose',
    place: '~/.config/goose/config.yaml',
    write: (target) =>
      [
        'extensions:',
        `  ${target.name}:`,
        `    name: ${target.name}`,
        '    type: streamable_http',
        '    enabled: true',
        `    uri: ${JSON.stringify(target.url)}`,
        '    timeout: 300',
        '    headers:',
        `      Authorization: ${JSON.stringify(bearer(target))}`,
      ].join('\n'),
  },
  {
    id: 'continue',
    title: 'Continue',
    place: '.continue/mcpServers/switchyard.yaml of a project',
    write: (target) =>
      [
        `name: ${target.name}`,
        'version: 0.0.1',
        'schema: v1',
        'mcpServers:',
        `  - name: ${target.name}`,
        '    type: streamable-http',
        `    url: ${JSON.stringify(target.url)}`,
        '    requestOptions:',
        '      headers:',
        `        Authorization: ${JSON.stringify(bearer(target))}`,
      ].join('\n'),
  },
  {
    id: 'lm-studio',
    title: 'LM Studio',
    place: '~/.lmstudio/mcp.json',
    write: servers('mcpServers', (target) => ({ url: target.url, headers: headersOf(target) })),
  },
  {
    id: 'opencode',
    title: 'opencode',
    place: 'opencode.json of a project',
    write: servers('mcp', (target) => ({
      type: 'remote',
      url: target.url,
      enabled: true,
      headers: headersOf(target),
    })),
  },
  {
    id: 'cline',
    title: 'Cline',
    place: 'cline_mcp_settings.json (MCP Servers › Configure)',
    write: servers('mcpServers', (target) => ({
      type: 'streamableHttp',
      url: target.url,
      headers: headersOf(target),
    })),
  },
  {
    id: 'stdio',
    title: 'Any client of programs',
    place: 'its configuration, on a machine that has Switchyard',
    write: servers('mcpServers', (target) => ({
      command: 'switchyard',
      args: ['connect', target.url],
      env: { SWITCHYARD_TOKEN: target.token },
    })),
  },
  {
    id: 'curl',
    title: 'curl',
    place: 'a command',
    write: (target) =>
      [
        `curl -s ${quoted(target.url)}`,
        `-H ${quoted(`Authorization: ${bearer(target)}`)}`,
        `-H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream'`,
        `-d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'`,
      ].join(' \\\n  '),
  },
];
