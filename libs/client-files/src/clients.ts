import { type ClientRecipe, type Target, bearer, jsonClient } from './recipe.js';

const headersOf = (target: Target) => ({ Authorization: bearer(target) });
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

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
    entry: (target) => ({ type: 'http', url: target.url, headers: headersOf(target) }),
    file: { form: 'json', member: 'mcpServers', global: '~/.claude.json', project: '.mcp.json' },
  },
  jsonClient({
    id: 'claude-desktop',
    title: 'Claude Desktop',
    place: 'claude_desktop_config.json (Settings › Developer › Edit Config)',
    member: 'mcpServers',
    entry: (target) => ({
      command: 'npx',
      args: ['-y', 'mcp-remote', target.url, '--header', AUTH_HEADER],
      env: { AUTH: bearer(target) },
    }),
    global: '{config}/Claude/claude_desktop_config.json',
  }),
  jsonClient({
    id: 'cursor',
    title: 'Cursor',
    place: '~/.cursor/mcp.json, or .cursor/mcp.json of a project',
    member: 'mcpServers',
    entry: (target) => ({ url: target.url, headers: headersOf(target) }),
    global: '~/.cursor/mcp.json',
    project: '.cursor/mcp.json',
  }),
  jsonClient({
    id: 'vscode',
    title: 'VS Code',
    place: '.vscode/mcp.json of a project',
    member: 'servers',
    entry: (target) => ({ type: 'http', url: target.url, headers: headersOf(target) }),
    global: '{config}/Code/User/mcp.json',
    project: '.vscode/mcp.json',
  }),
  jsonClient({
    id: 'windsurf',
    title: 'Windsurf',
    place: '~/.codeium/windsurf/mcp_config.json',
    member: 'mcpServers',
    entry: (target) => ({ serverUrl: target.url, headers: headersOf(target) }),
    global: '~/.codeium/windsurf/mcp_config.json',
  }),
  jsonClient({
    id: 'zed',
    title: 'Zed',
    place: '~/.config/zed/settings.json',
    member: 'context_servers',
    entry: (target) => ({ url: target.url, headers: headersOf(target) }),
    global: '~/.config/zed/settings.json',
    project: '.zed/settings.json',
  }),
  jsonClient({
    id: 'gemini-cli',
    title: 'Gemini CLI',
    place: '~/.gemini/settings.json',
    member: 'mcpServers',
    entry: (target) => ({ httpUrl: target.url, headers: headersOf(target) }),
    global: '~/.gemini/settings.json',
    project: '.gemini/settings.json',
  }),
  {
    id: 'codex',
    title: 'Codex',
    place: '~/.codex/config.toml',
    file: { form: 'toml block', member: 'mcp_servers', global: '~/.codex/config.toml' },
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
    file: { form: 'yaml block', member: 'extensions', global: '~/.config/goose/config.yaml' },
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
    file: {
      form: 'whole',
      member: 'mcpServers',
      global: '~/.continue/mcpServers/switchyard.yaml',
      project: '.continue/mcpServers/switchyard.yaml',
    },
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
  jsonClient({
    id: 'lm-studio',
    title: 'LM Studio',
    place: '~/.lmstudio/mcp.json',
    member: 'mcpServers',
    entry: (target) => ({ url: target.url, headers: headersOf(target) }),
    global: '~/.lmstudio/mcp.json',
  }),
  jsonClient({
    id: 'opencode',
    title: 'opencode',
    place: 'opencode.json of a project',
    member: 'mcp',
    entry: (target) => ({ type: 'remote', url: target.url, enabled: true, headers: headersOf(target) }),
    global: '~/.config/opencode/opencode.json',
    project: 'opencode.json',
  }),
  jsonClient({
    id: 'cline',
    title: 'Cline',
    place: 'cline_mcp_settings.json (MCP Servers › Configure)',
    member: 'mcpServers',
    entry: (target) => ({ type: 'streamableHttp', url: target.url, headers: headersOf(target) }),
    global: '{config}/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
  }),
  {
    id: 'stdio',
    title: 'Any client of programs',
    place: 'its configuration, on a machine that has Switchyard',
    write: (target) =>
      JSON.stringify(
        {
          mcpServers: {
            [target.name]: {
              command: 'switchyard',
              args: ['connect', target.url],
              env: { SWITCHYARD_TOKEN: target.token },
            },
          },
        },
        null,
        2,
      ),
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
