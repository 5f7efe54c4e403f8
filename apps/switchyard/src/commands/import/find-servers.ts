import { basename, dirname, resolve } from 'node:path';
import { type Members, isMembers, isTexts } from './members.js';

/** A server as a file has it, and what the file says of it elsewhere. */
export interface FoundServer {
  readonly name: string;
  readonly server: unknown;
  /** What `${workspaceFolder}` and relative paths stand for. */
  readonly folder: string;
  /** Why the file itself does not want it started. */
  readonly switchedOff?: string;
}

/** What a file asks its user for, by id. */
export type AskedInputs = ReadonlyMap<string, Members>;

export interface FoundServers {
  readonly servers: readonly FoundServer[];
  readonly inputs: AskedInputs;
}

/** The folders in which clients keep the file of a project. */
const CLIENT_FOLDERS = new Set([
  '.vscode',
  '.cursor',
  '.gemini',
  '.codex',
  '.zed',
  '.roo',
  '.kiro',
  '.amazonq',
  '.windsurf',
  '.continue',
]);

/** Where clients keep their servers, in words. */
const PLACES =
  '"mcpServers", "servers", "mcp.servers", "context_servers" (Zed), "mcp" (opencode), "mcp_servers" (Codex), "projects" (Claude Code)';

/** All servers of a file, wherever its client keeps them. Throws a sentence when there are none. */
export const findServers = (document: unknown, path: string): FoundServers => {
  if (!isMembers(document)) throw new Error(`${path} has no servers: it is not an object`);
  const folder = workspaceOf(path);
  const lists = [
    ...[...listsIn(document), ...bareListIn(document)].map((list) => ({ list, folder, owner: document })),
    ...projectsIn(document).flatMap(({ folder: at, project }) =>
      listsIn(project).map((list) => ({ list, folder: at, owner: project })),
    ),
  ];
  if (lists.length === 0) throw new Error(`${path} has no servers; they are looked for in ${PLACES}`);
  const servers = lists.flatMap(({ list, folder: at, owner }) =>
    Object.entries(list).map(([name, server]): FoundServer => {
      const switchedOff = listedOff(owner, name) ?? listedOff(document, name);
      return { name, server, folder: at, ...(switchedOff !== undefined && { switchedOff }) };
    }),
  );
  if (servers.length === 0) throw new Error(`${path} names no servers`);
  return { servers: withoutRepetition(servers), inputs: inputsOf(document) };
};

const workspaceOf = (path: string): string => {
  const folder = dirname(resolve(path));
  return CLIENT_FOLDERS.has(basename(folder)) ? dirname(folder) : folder;
};

const listsIn = (document: Members): Members[] => {
  const { mcp } = document;
  const nested = isMembers(mcp) ? mcp : {};
  const lists = [
    document['mcpServers'],
    document['servers'],
    document['mcp.servers'],
    document['amp.mcpServers'],
    document['context_servers'],
    document['mcp_servers'],
    nested['mcpServers'],
    // opencode has its servers in `mcp` itself, and may call one of them "servers".
    isServer(nested['servers']) ? undefined : nested['servers'],
    Object.fromEntries(Object.entries(nested).filter(([, value]) => isServer(value))),
  ].map(byName);
  return lists.filter((list): list is Members => list !== null);
};

/** Plugins of Claude Code, and what people cut out of files, have the servers themselves at the root. */
const bareListIn = (document: Members): Members[] => {
  const servers = Object.values(document);
  const isBare = (server: unknown) =>
    isMembers(server) &&
    ['command', 'url', 'serverUrl', 'httpUrl'].some((member) => typeof server[member] === 'string');
  return servers.length > 0 && servers.every(isBare) ? [document] : [];
};

/** Whether a member of opencode's `mcp` is a server: each has a type, or is switched off or on. */
const isServer = (value: unknown): boolean =>
  isMembers(value) &&
  (value['type'] === 'local' || value['type'] === 'remote' || typeof value['enabled'] === 'boolean');

/** Some clients have a list of servers, each with its name. */
const byName = (list: unknown): Members | null => {
  if (Array.isArray(list)) {
    const named = list.filter((item): item is Members => isMembers(item) && typeof item['name'] === 'string');
    return named.length === 0 ? null : Object.fromEntries(named.map((item) => [item['name'], item]));
  }
  return isMembers(list) && Object.keys(list).length > 0 ? list : null;
};

const projectsIn = (document: Members): { readonly folder: string; readonly project: Members }[] =>
  Object.entries(isMembers(document['projects']) ? document['projects'] : {}).flatMap(([folder, project]) =>
    isMembers(project) ? [{ folder, project }] : [],
  );

const OFF_LISTS = ['disabledMcpServers', 'disabledMcpjsonServers', 'excludeMCPServers', 'deniedMcpServers'];
const ONLY_LISTS = ['allowMCPServers', 'allowedMcpServers'];

/** Lists of names beside the servers, by which clients switch some of them off. */
const listedOff = (owner: Members, name: string): string | undefined => {
  const mcp = isMembers(owner['mcp']) ? owner['mcp'] : {};
  const off = [...OFF_LISTS.map((list) => [list, owner[list]] as const), ['mcp.excluded', mcp['excluded']] as const];
  const only = [...ONLY_LISTS.map((list) => [list, owner[list]] as const), ['mcp.allowed', mcp['allowed']] as const];
  const [offList] = off.find(([, names]) => namesIn(names)?.includes(name)) ?? [];
  if (offList !== undefined) return `is switched off by ${offList} of the file`;
  const [onlyList] = only.find(([, names]) => namesIn(names)?.includes(name) === false) ?? [];
  return onlyList === undefined ? undefined : `is not among ${onlyList} of the file`;
};

const namesIn = (list: unknown): readonly string[] | undefined => {
  if (isTexts(list)) return list;
  if (!Array.isArray(list)) return undefined;
  return list.flatMap((item) =>
    isMembers(item) && typeof item['serverName'] === 'string' ? [item['serverName']] : [],
  );
};

/** Two projects may have the same server: once. Two servers of one name: the first, and the other is told. */
const withoutRepetition = (servers: readonly FoundServer[]): FoundServer[] => {
  const seen = new Map<string, string>();
  return servers.flatMap((found) => {
    const text = JSON.stringify(found.server);
    const known = seen.get(found.name);
    if (known === undefined) {
      seen.set(found.name, text);
      return [found];
    }
    if (known === text) return [];
    return [{ ...found, switchedOff: 'has the name of another server of the file' }];
  });
};

const inputsOf = (document: Members): AskedInputs => {
  const mcp = isMembers(document['mcp']) ? document['mcp'] : {};
  const inputs: readonly unknown[] = [document['inputs'], mcp['inputs']].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]) : [],
  );
  return new Map(
    inputs.flatMap((input) =>
      isMembers(input) && typeof input['id'] === 'string' ? [[input['id'], input] as const] : [],
    ),
  );
};
