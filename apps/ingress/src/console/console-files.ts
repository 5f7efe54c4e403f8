import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** A file of the console as it is sent. */
export interface ConsoleFile {
  readonly type: string;
  /** Its name holds a digest of what is in it. */
  readonly isHashed: boolean;
  readonly plain: Buffer;
  /** `null` where compressing it is not worth it. */
  readonly brotli: Buffer | null;
  readonly gzip: Buffer | null;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/**
 * The built console by path below `/admin/`, held in memory as some hundred KB: no request names a file on the disk.
 * `null` where it was not built.
 */
export const readConsoleFiles = (folder: string): ReadonlyMap<string, ConsoleFile> | null => {
  const read = (path: string): Buffer | null => {
    try {
      return readFileSync(join(folder, path));
    } catch {
      return null;
    }
  };
  const files = new Map<string, ConsoleFile>();
  for (const path of pathsIn(folder)) {
    const type = TYPES[extname(path)];
    const plain = type === undefined ? null : read(path);
    if (type === undefined || plain === null) continue;
    const isHashed = path.startsWith('assets/');
    files.set(path, { type, isHashed, plain, brotli: read(`${path}.br`), gzip: read(`${path}.gz`) });
  }
  return files.has('index.html') ? files : null;
};

const pathsIn = (folder: string): readonly string[] => {
  try {
    return (readdirSync(folder, { recursive: true }) as string[]).map((path) => path.replaceAll('\\', '/'));
  } catch {
    return [];
  }
};
