import type { AdminApi, Registered } from '../../gateway/admin-api.js';
import type { ServerEntry } from './server-list.js';

const WORDS: Readonly<Record<Registered['change'], string>> = {
  new: 'registered',
  updated: 'updated',
  unchanged: 'registered already',
};

/**
 * Registers one after the other; says of each how it went. One that fails does not keep the others out. Answers how many
 * were not registered.
 */
export const importServers = async (
  api: AdminApi,
  entries: readonly ServerEntry[],
  print: (line: string) => void,
): Promise<number> => {
  const width = Math.max(...entries.map(({ name }) => name.length));
  let failed = 0;
  for (const entry of entries) {
    const { isRegistered, words } = await importOne(api, entry);
    if (!isRegistered) failed += 1;
    print(`  ${entry.name.padEnd(width)}  ${words}`);
  }
  return failed;
};

interface ImportResult {
  readonly isRegistered: boolean;
  readonly words: string;
}

const importOne = async (api: AdminApi, entry: ServerEntry): Promise<ImportResult> => {
  if (entry.body === undefined) return { isRegistered: false, words: `left out: it ${entry.problem}` };
  try {
    const { gateway, change } = await api.ensureGateway(entry.body);
    const { toolCount, resourceCount, promptCount } = gateway;
    const words = `${WORDS[change]}: ${toolCount} tools, ${resourceCount} resources, ${promptCount} prompts`;
    return { isRegistered: true, words };
  } catch (error) {
    return { isRegistered: false, words: `failed: ${(error as Error).message}` };
  }
};
