import type { AdminApi, Plan, Registered } from '../../gateway/admin-api.js';
import type { ServerEntry } from './server-list.js';

const WORDS: Readonly<Record<Registered['change'], string>> = {
  new: 'registered',
  updated: 'updated',
  unchanged: 'registered already',
};
const PLANS: Readonly<Record<Plan, string>> = {
  new: 'would be registered',
  updated: 'would be updated',
  unchanged: 'registered already',
};

/** So many servers are started at once; one that hangs keeps one place, for the time a registration may take. */
const CONCURRENT_MAX = 8;

export interface ImportSettings {
  /** Only says what would be done. */
  readonly isDryRun: boolean;
  readonly print: (line: string) => void;
}

/**
 * Registers several at a time; says of each how it went, as soon as it has. One that fails or hangs does not keep the
 * others out. Answers how many were not registered.
 */
export const importServers = async (
  api: AdminApi,
  entries: readonly ServerEntry[],
  { isDryRun, print }: ImportSettings,
): Promise<number> => {
  const width = Math.max(...entries.map(({ name }) => name.length));
  let failed = 0;
  const left = [...entries];
  const work = async (): Promise<void> => {
    for (let entry = left.shift(); entry !== undefined; entry = left.shift()) {
      const { isRegistered, words } = await importOne(api, entry, isDryRun);
      if (!isRegistered) failed += 1;
      print(`  ${entry.name.padEnd(width)}  ${words}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENT_MAX, entries.length) }, work));
  return failed;
};

interface ImportResult {
  readonly isRegistered: boolean;
  readonly words: string;
}

const importOne = async (api: AdminApi, entry: ServerEntry, isDryRun: boolean): Promise<ImportResult> => {
  if (entry.body === undefined) return { isRegistered: false, words: `left out: it ${entry.problem}` };
  try {
    if (isDryRun) return { isRegistered: true, words: PLANS[await api.planGateway(entry.body)] };
    const { gateway, change } = await api.ensureGateway(entry.body);
    if (gateway.lastError !== null) {
      return { isRegistered: false, words: `kept, disabled, to be tried again: ${gateway.lastError}` };
    }
    const { toolCount, resourceCount, promptCount } = gateway;
    const words = `${WORDS[change]}: ${toolCount} tools, ${resourceCount} resources, ${promptCount} prompts`;
    return { isRegistered: true, words };
  } catch (error) {
    return { isRegistered: false, words: `failed: ${(error as Error).message}` };
  }
};
