import type { AdminApi, Imported } from '../../../gateway/admin-api.js';
import { isMembers } from '../members.js';
import { type Part, partsOf } from './parts.js';

export interface ExportSettings {
  readonly isDryRun: boolean;
  readonly strategy: string;
  /** What opens the credentials. */
  readonly secret?: string;
  readonly passphrase?: string;
  readonly visibility?: string;
  readonly print: (line: string) => void;
}

type Result = Imported['results'][number];

const DONE: Readonly<Record<Result['outcome'], string>> = {
  created: 'created',
  updated: 'updated',
  unchanged: 'there already',
  skipped: 'skipped',
  left_out: 'left out',
  failed: 'failed',
};
const PLANNED: Readonly<Record<Result['outcome'], string>> = {
  ...DONE,
  created: 'would be created',
  updated: 'would be updated',
  failed: 'would fail',
};

/**
 * Takes over a file part by part, and says of each entry how it went. Answers how many failed. Throws a sentence for what is
 * no export, and where the gateway takes none of it.
 */
export const importExport = async (api: AdminApi, file: unknown, settings: ExportSettings): Promise<number> => {
  const entities = isMembers(file) ? file['entities'] : undefined;
  if (!isMembers(entities)) throw new Error('the file has no entities: it is no export of ContextForge');
  const { parts, repeated } = partsOf(entities);
  const words = settings.isDryRun ? PLANNED : DONE;
  // Nothing is made where a name of any part is taken.
  if (settings.strategy === 'fail') for (const part of parts) await take(api, part, { ...settings, isDryRun: true });
  let failed = 0;
  for (const part of parts) {
    for (const { type, name, outcome, notes } of await take(api, part, settings)) {
      if (outcome === 'failed') failed += 1;
      settings.print(`  ${type} "${name}"  ${[words[outcome], ...notes].join(': ')}`);
    }
  }
  for (const { type, name } of repeated)
    settings.print(`  ${type} "${name}"  ${words.left_out}: another one of the file has its name`);
  return failed;
};

const take = async (
  api: AdminApi,
  { type, entries }: Part,
  { isDryRun, strategy, secret, passphrase, visibility }: ExportSettings,
): Promise<readonly Result[]> => {
  const { results } = await api.importEntries({
    import_data: { entities: { [type]: entries } },
    conflict_strategy: strategy,
    dry_run: isDryRun,
    ...(secret !== undefined && { secret }),
    ...(passphrase !== undefined && { passphrase }),
    ...(visibility !== undefined && { visibility }),
  });
  return results;
};
