import fs from 'node:fs';
import path from 'node:path';
import type { Launch, ServerParty, ToolCall } from '../party.js';

interface NpmServer {
  readonly name: string;
  readonly source: string;
  /** Of the package's programs, where it has several. */
  readonly program?: string;
  readonly args?: readonly string[] | ((home: string) => readonly string[]);
  readonly env?: Readonly<Record<string, string>>;
  readonly calls?: readonly ToolCall[] | ((home: string) => readonly ToolCall[]);
}

interface Manifest {
  readonly name: string;
  readonly bin?: string | Readonly<Record<string, string>>;
}

/** The script that a package of this name starts by. */
export const programOf = (folder: string, source: string, program?: string): string => {
  const [, name = ''] = /^(@?[^@]+)@/.exec(source) ?? [];
  const home = path.join(folder, 'node_modules', name);
  const { bin } = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8')) as Manifest;
  const script = typeof bin === 'string' ? bin : program === undefined ? Object.values(bin ?? {})[0] : bin?.[program];
  if (script === undefined) throw new Error(`${source} has no program ${program ?? ''}`);
  return path.join(home, script);
};

const listed: readonly NpmServer[] = [
  {
    name: 'everything',
    source: '@modelcontextprotocol/server-everything@2026.8.31',
    args: ['stdio'],
    calls: [
      { tool: 'echo', args: { message: 'hello' } },
      { tool: 'get-sum', args: { a: 2, b: 40 } },
      { tool: 'get-tiny-image', args: {} },
      { tool: 'get-structured-content', args: { location: 'New York' } },
      { tool: 'get-sum', args: { a: 'two' } },
    ],
  },
  {
    name: 'filesystem',
    source: '@modelcontextprotocol/server-filesystem@2026.8.31',
    args: (home) => [home],
    calls: (home) => [
      { tool: 'list_allowed_directories', args: {} },
      { tool: 'read_text_file', args: { path: path.join(home, 'letter.txt') } },
      { tool: 'read_text_file', args: { path: path.join(home, 'absent.txt') } },
    ],
  },
  {
    name: 'memory',
    source: '@modelcontextprotocol/server-memory@2026.8.31',
    calls: [{ tool: 'search_nodes', args: { query: 'nobody' } }],
  },
  {
    name: 'sequential-thinking',
    source: '@modelcontextprotocol/server-sequential-thinking@2026.8.31',
    calls: [
      {
        tool: 'sequentialthinking',
        args: { thought: 'one', nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 },
      },
    ],
  },
  { name: 'context7', source: '@upstash/context7-mcp@4.1.1' },
  { name: 'mongodb', source: 'mongodb-mcp-server@3.0.4', env: { MDB_MCP_TELEMETRY: 'disabled' } },
  {
    name: 'dbhub',
    source: '@bytebase/dbhub@1.4.0',
    args: ['--transport', 'stdio', '--demo'],
    calls: [{ tool: 'execute_sql', args: { sql: 'SELECT 6 * 7 AS answer' } }],
  },
  { name: 'playwright', source: '@playwright/mcp@0.0.83', args: ['--headless', '--isolated'] },
  { name: 'chrome-devtools', source: 'chrome-devtools-mcp@1.11.0', args: ['--headless', '--isolated'] },
  { name: 'notion', source: '@notionhq/notion-mcp-server@2.5.2', env: { NOTION_TOKEN: 'none' } },
  { name: 'firecrawl', source: 'firecrawl-mcp@3.26.0', env: { FIRECRAWL_API_KEY: 'none' } },
  { name: 'tavily', source: 'tavily-mcp@0.2.22', env: { TAVILY_API_KEY: 'none' } },
  { name: 'chart', source: '@antv/mcp-server-chart@0.9.10' },
  { name: 'drawio', source: '@drawio/mcp@1.6.1' },
  { name: 'brave', source: '@brave/brave-search-mcp-server@2.1.4', env: { BRAVE_API_KEY: 'none' } },
  { name: 'airtable', source: 'airtable-mcp-server@1.14.0', env: { AIRTABLE_API_KEY: 'none' } },
  {
    name: 'code-runner',
    source: 'mcp-server-code-runner@0.1.8',
    calls: [{ tool: 'run-code', args: { code: 'console.log(6 * 7)', languageId: 'javascript' } }],
  },
  {
    name: 'git',
    source: '@cyanheads/git-mcp-server@2.15.3',
    env: { MCP_TRANSPORT_TYPE: 'stdio', MCP_LOG_LEVEL: 'error' },
  },
  { name: 'pdf-reader', source: '@sylphx/pdf-reader-mcp@2.4.0' },
  { name: 'kubernetes', source: 'mcp-server-kubernetes@4.1.7' },
  { name: 'mapbox', source: '@mapbox/mcp-server@0.14.0', env: { MAPBOX_ACCESS_TOKEN: 'pk.e30.none' } },
];

const resolved = <Value>(given: Value | ((home: string) => Value), home: string): Value =>
  typeof given === 'function' ? (given as (home: string) => Value)(home) : given;

const partyOf = ({ name, source, program, args = [], env = {}, calls = [] }: NpmServer): ServerParty => ({
  name,
  source,
  calls: (home) => resolved(calls, home),
  launch: (folder, home): Launch => ({
    command: process.execPath,
    args: [programOf(folder, source, program), ...resolved(args, home)],
    env: { HOME: home, ...env },
  }),
});

/** Servers from npm that need neither an account nor the network to list what they offer. */
export const npmServers: readonly ServerParty[] = listed.map(partyOf);
