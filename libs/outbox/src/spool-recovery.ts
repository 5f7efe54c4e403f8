import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CallRecord } from '#libs/contracts';
import type { Logger } from '#libs/telemetry';
import { fromLine } from './record-line.js';
import type { Spool } from './spool.js';
import { judgeOwner } from './spool-owner.js';

/** Looks in a row at which an owner that cannot be judged otherwise gave no sign of life. */
const SILENT_LOOKS_MAX = 6;
const BATCH_RECORDS = 500;

/**
 * Takes over the spools of dead processes: ships what had settled, and as `unknown` what had only begun. Adoption is
 * one rename into the adopter's own folder, so one process gets it, and the next one finds it there should this die.
 */
export class SpoolRecovery {
  private readonly silences = new Map<string, { beatAtMs: number; looks: number }>();

  constructor(
    private readonly root: string,
    private readonly spool: Spool,
    private readonly ship: (records: readonly CallRecord[]) => Promise<void>,
    private readonly logger: Logger,
  ) {}

  /** Adopts what is orphaned now. Rejects only when shipping is given up. */
  async adopt(): Promise<void> {
    for (const orphan of this.orphans()) {
      const adopted = join(this.spool.folder, basename(orphan));
      if (!claim(orphan, adopted)) continue;
      const bytes = treeBytes(adopted);
      this.spool.reserve(bytes);
      const found = { settled: 0, unknown: 0 };
      for (const folder of foldersUnder(adopted)) await this.replay(folder, found);
      rmSync(adopted, { recursive: true, force: true });
      this.spool.reserve(-bytes);
      if (found.settled + found.unknown > 0) this.logger.info(found, 'shipped call records of a process that died');
    }
  }

  private orphans(): string[] {
    const present = subfolders(this.root).filter((folder) => folder !== this.spool.folder);
    for (const known of this.silences.keys()) if (!present.includes(known)) this.silences.delete(known);
    return present.filter((folder) => !folder.endsWith('.new') && this.isOrphan(folder));
  }

  private isOrphan(folder: string): boolean {
    const verdict = judgeOwner(folder);
    if (typeof verdict === 'string') return verdict === 'dead';
    // Counted in looks, not by a clock: clocks of two hosts differ, and this process may have been stopped itself.
    const before = this.silences.get(folder);
    const looks = before?.beatAtMs === verdict.beatAtMs ? before.looks + 1 : 0;
    this.silences.set(folder, { beatAtMs: verdict.beatAtMs, looks });
    return looks >= SILENT_LOOKS_MAX;
  }

  private async replay(folder: string, found: { settled: number; unknown: number }): Promise<void> {
    const begun = new Map<string, CallRecord>();
    for (const file of logsIn(folder)) {
      const settled: CallRecord[] = [];
      for (const line of (await readFile(file, 'utf8')).split('\n')) {
        const parsed = fromLine(line);
        if (parsed === null) continue;
        if (parsed.kind === 'B') begun.set(parsed.record.callId, parsed.record);
        else {
          begun.delete(parsed.record.callId);
          settled.push(parsed.record);
        }
      }
      found.settled += settled.length;
      await this.shipAll(settled);
    }
    found.unknown += begun.size;
    await this.shipAll([...begun.values()].map((record) => ({ ...record, outcome: 'unknown' as const })));
  }

  private async shipAll(records: readonly CallRecord[]): Promise<void> {
    for (let at = 0; at < records.length; at += BATCH_RECORDS) await this.ship(records.slice(at, at + BATCH_RECORDS));
  }
}

const subfolders = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name));

/** An adopter that died has its own adopted folders inside. */
const foldersUnder = (folder: string): string[] => [folder, ...subfolders(folder).flatMap(foldersUnder)];

/** In the order in which they were written. */
const logsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => join(folder, name));

const treeBytes = (folder: string): number =>
  foldersUnder(folder)
    .flatMap(logsIn)
    .reduce((sum, file) => sum + statSync(file).size, 0);

const claim = (orphan: string, adopted: string): boolean => {
  try {
    renameSync(orphan, adopted);
    return true;
  } catch {
    return false;
  }
};
