import { type FileHandle, open } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type RegistrySettings, SETTINGS } from '../registry.settings.js';
import { CATALOG_BYTES_MAX, type CatalogText, readCatalogText } from './catalog-text.js';

const NOTHING: CatalogText = { servers: [], problems: [] };

interface Kept {
  /** Tells one state of the file from another. */
  readonly stamp: string;
  readonly catalog: CatalogText;
}

/** The servers of the catalog's file, which is read anew when it has changed. */
@Injectable()
export class CatalogFileService {
  private kept: Kept = { stamp: '', catalog: NOTHING };

  constructor(
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Never rejects: what is wrong with the file stands in `problems`. */
  async read(): Promise<CatalogText> {
    const { file } = this.settings.catalog;
    if (file === null) return NOTHING;
    let handle: FileHandle | undefined;
    try {
      handle = await open(file, 'r');
      const { mtimeMs, size, ino } = await handle.stat();
      if (size > CATALOG_BYTES_MAX) throw new Error(`it has ${size} bytes; the limit is ${CATALOG_BYTES_MAX}`);
      const stamp = [mtimeMs, size, ino].join(' ');
      if (stamp !== this.kept.stamp) this.keep(stamp, await readCatalogText(await textOf(handle)));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const stamp = `unread ${code ?? message}`;
      if (stamp !== this.kept.stamp)
        this.keep(stamp, { servers: [], problems: [`The file cannot be read: ${code ?? message}`] });
    } finally {
      await handle?.close();
    }
    return this.kept.catalog;
  }

  private keep(stamp: string, catalog: CatalogText): void {
    this.kept = { stamp, catalog };
    const { servers, problems } = catalog;
    const facts = { file: this.settings.catalog.file, servers: servers.length };
    if (problems.length === 0) this.logger.info(facts, 'the catalog of servers was read');
    else this.logger.warn({ ...facts, problems }, 'the catalog of servers has problems');
  }
}

/** One byte more than is allowed shows that it has grown since it was looked at. */
const textOf = async (handle: FileHandle): Promise<string> => {
  const buffer = Buffer.alloc(CATALOG_BYTES_MAX + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length > CATALOG_BYTES_MAX) throw new Error(`it has more than ${CATALOG_BYTES_MAX} bytes`);
  return buffer.toString('utf8', 0, length);
};
