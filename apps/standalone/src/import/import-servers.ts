import type { AdminApi, Registered } from '../admin-api.js';
import type { ServerEntry } from './server-list.js';

const WORDS: Readonly<Record<Registered['change'], string>> = {
  new: 'registered',
  updated: 'updated',
  unchanged: 'registered already',
};

/** Registers one after the other; says of each how it went. One that fails does not keep the others out. */
export const importServers = async (
  api: AdminApi,
  entries: readonly ServerEntry[],
  print: (line: string) => void,
): Promise<void> => {
  const width = Math.max(...entries.map(({ name }) => name.length));
  for (const entry of entries) print(`  ${entry.name.padEnd(width)}  ${await importOne(api, entry)}`);
};

const importOne = async (api: AdminApi, entry: ServerEntry): Promise<string> => {
  if (entry.body === undefined) return `left out: it ${entry.problem}`;
  try {
    const { gateway, change } = await api.ensureGateway(entry.body);
    return `${WORDS[change]}: ${gateway.toolCount} tools, ${gateway.resourceCount} resources, ${gateway.promptCount} prompts`;
  } catch (error) {
    return `failed: ${(error as Error).message}`;
  }
};
