import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { fail, toGatewayError } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { LeftOut } from '../file-entry.js';
import { SealedCredentials } from '../sealing/opened-credentials.js';
import { GatewayImporter } from './gateway-importer.service.js';
import type { ImportView, ImportedEntryView } from './import.view.js';
import { MADE_TYPES, type MadeType, type NamedEntry, entriesOf } from './import-file.js';
import type { EntryResult, ImportTerms, Importer, OpenTerms } from './importer.js';
import { PromptImporter, ResourceImporter } from './own-importers.service.js';
import { ServerImporter } from './server-importer.service.js';
import { ToolImporter } from './tool-importer.service.js';

/** So many upstreams are connected to at once. */
const CONCURRENT_MAX = 8;
const CONFLICTS_SHOWN_MAX = 20;

const NOT_MADE: ReadonlyMap<string, string> = new Map([
  ['roots', 'roots are what clients tell servers, and not kept here'],
]);

/** Takes over what ContextForge exported. Each entry is made as its own request would make it, one failing alone. */
@Injectable()
export class ImportService {
  private readonly importers: Readonly<Record<MadeType, Importer>>;

  constructor(
    gateways: GatewayImporter,
    tools: ToolImporter,
    prompts: PromptImporter,
    resources: ResourceImporter,
    servers: ServerImporter,
    @InjectLogger() private readonly logger: Logger,
  ) {
    this.importers = { gateways, tools, prompts, resources, servers };
  }

  /**
   * Throws `http.invalid` for what is no export, and with the strategy `fail` `http.conflict` before anything is made where
   * a name is taken, or the passphrase is not the one of the file.
   */
  async import(
    file: Readonly<Record<string, unknown>>,
    selected: Readonly<Record<string, unknown>> | undefined,
    terms: ImportTerms,
  ): Promise<ImportView> {
    const startedAt = new Date();
    const entries = entriesOf(file, selected);
    const sealed = await SealedCredentials.of(entries, terms.passphrase);
    if (terms.strategy === 'fail') await this.assertFree(entries, terms);
    const results = await this.takeAll(entries, { ...terms, sealed });
    const counts = Map.groupBy(results, ({ outcome }) => outcome);
    const count = (...outcomes: ImportedEntryView['outcome'][]): number =>
      outcomes.reduce((sum, outcome) => sum + (counts.get(outcome)?.length ?? 0), 0);
    const linesOf = (isError: boolean) =>
      results
        .filter(({ outcome }) => (outcome === 'failed') === isError)
        .flatMap(({ type, name, notes }) => notes.map((note) => `${type} "${name}": ${note}`));
    return {
      import_id: randomUUID(),
      status: 'completed',
      dry_run: terms.isDryRun,
      progress: {
        total: results.length,
        processed: results.length,
        created: count('created'),
        updated: count('updated'),
        skipped: count('skipped', 'unchanged', 'left_out'),
        failed: count('failed'),
      },
      errors: linesOf(true),
      warnings: linesOf(false),
      results,
      started_at: startedAt,
      completed_at: new Date(),
    };
  }

  private async assertFree(entries: readonly NamedEntry[], terms: ImportTerms): Promise<void> {
    const taken: string[] = [];
    for (const type of MADE_TYPES)
      for (const entry of entries.filter((each) => each.type === type))
        if (await this.importers[type].isTaken(entry, terms)) taken.push(`${type} "${entry.name}"`);
    if (taken.length === 0) return;
    throw fail('http.conflict', {
      message: `Nothing was imported; names are taken: ${taken.slice(0, CONFLICTS_SHOWN_MAX).join(', ')}`,
    });
  }

  /** Results stand in the order of the file, gateways first: what a server shows is there when the server is made. */
  private async takeAll(entries: readonly NamedEntry[], terms: OpenTerms): Promise<ImportedEntryView[]> {
    const results: ImportedEntryView[] = [];
    for (const type of MADE_TYPES) {
      const seen = new Set<string>();
      const own = entries.filter((entry) => entry.type === type);
      const twice = own.filter((entry) => seen.size === seen.add(identityOf(entry)).size);
      results.push(...(await this.takeType(type, own, new Set(twice), terms)));
    }
    for (const { type, name } of entries.filter((each) => !isMade(each.type))) {
      const reason = NOT_MADE.get(type) ?? 'this gateway has nothing of the kind';
      results.push({ type, name, outcome: 'left_out', notes: [reason] });
    }
    return results;
  }

  private async takeType(
    type: MadeType,
    entries: readonly NamedEntry[],
    twice: ReadonlySet<NamedEntry>,
    terms: OpenTerms,
  ): Promise<ImportedEntryView[]> {
    const results: ImportedEntryView[] = [];
    const left = [...entries.entries()];
    const work = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [at, entry] = next;
        const result = twice.has(entry) ? TWICE : await this.takeOne(type, entry, terms);
        results[at] = { type, name: entry.name, ...result };
      }
    };
    await Promise.all(Array.from({ length: type === 'gateways' ? CONCURRENT_MAX : 1 }, work));
    return results;
  }

  private async takeOne(type: MadeType, entry: NamedEntry, terms: OpenTerms): Promise<EntryResult> {
    try {
      if (entry.name === '') throw new LeftOut('it has no name');
      return await this.importers[type].take(entry, terms);
    } catch (error) {
      if (error instanceof LeftOut) return { outcome: 'left_out', notes: [error.message] };
      const failure = toGatewayError(error);
      if (failure.code === 'platform.internal')
        this.logger.error({ err: error, type }, 'an entry could not be imported');
      return { outcome: 'failed', notes: [failure.message] };
    }
  }
}

const TWICE: EntryResult = { outcome: 'left_out', notes: ['another one of the file has its name'] };

/** Resources are told apart by their URIs, and may share a name. */
const identityOf = ({ type, name, entry }: NamedEntry): string => {
  const uris = type === 'resources' ? [entry['uri_template'], entry['uri']] : [];
  return uris.find((uri): uri is string => typeof uri === 'string' && uri !== '') ?? name;
};

const isMade = (type: string): type is MadeType => (MADE_TYPES as readonly string[]).includes(type);
