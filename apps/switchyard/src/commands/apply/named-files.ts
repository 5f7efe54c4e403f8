import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { UsageError } from '../../terminal/failure.js';
import { type Members, isMembers } from '../import/members.js';

/** Of an entry with what its files hold: it is part of a request, which may have 1 MiB. */
const BYTES_MAX = 768 * 1024;

/** A member that names a file, whose content takes the place of it as another member of the same object. */
const NAMING = [
  { source: 'openapi', member: 'document_file', becomes: 'document', encoding: 'utf8' },
  { source: 'grpc', member: 'descriptor_file', becomes: 'descriptor_set', encoding: 'base64' },
] as const;
const PROTOS = { source: 'grpc', member: 'proto_files' } as const;

/** Where a file names others: relative to itself, and none outside of `root`, by links neither. */
export interface Naming {
  readonly root: string;
  readonly file: string;
  /** Begins the sentence of what is wrong. */
  readonly place: string;
}

/** An entry with what the files that it names hold. Throws a `UsageError` for one that cannot be read. */
export const withNamedFiles = (entry: Members, naming: Naming): Members => {
  const filled = new Map<string, Members>();
  for (const { source, member, becomes, encoding } of NAMING) {
    const of = filled.get(source) ?? entry[source];
    if (!isMembers(of) || of[member] === undefined) continue;
    const { [member]: named, ...others } = of;
    if (others[becomes] !== undefined) throw new UsageError(`${naming.place} has ${member} and ${becomes}: give one`);
    filled.set(source, { ...others, [becomes]: contentOf(named, naming, encoding) });
  }
  const { source, member } = PROTOS;
  const of = filled.get(source) ?? entry[source];
  if (isMembers(of) && Array.isArray(of[member])) {
    const files = of[member].map((named: unknown) =>
      typeof named === 'string' ? { name: nameOf(named), content: contentOf(named, naming, 'utf8') } : named,
    );
    filled.set(source, { ...of, [member]: files });
  }
  const whole = { ...entry, ...Object.fromEntries(filled) };
  if (filled.size > 0 && Buffer.byteLength(JSON.stringify(whole)) > BYTES_MAX)
    throw new UsageError(`${naming.place} is larger than ${BYTES_MAX} bytes with the files that it names`);
  return whole;
};

/** The paths of all files that an entry names. */
export const filesNamedIn = (entry: Members, { root, file }: Pick<Naming, 'root' | 'file'>): string[] => {
  const members = [...NAMING, PROTOS].map(({ source, member }) => {
    const of = entry[source];
    return isMembers(of) ? of[member] : undefined;
  });
  return members
    .flat()
    .filter((named) => typeof named === 'string')
    .map((named) => pathOf(named, { root, file, place: file }));
};

/** Whether a member of an entry is made of files, and says more than a plan has room for. */
export const namesFiles = (written: unknown): boolean =>
  isMembers(written) &&
  [...NAMING, PROTOS].some(({ member }) => [written[member]].flat().some((named) => typeof named === 'string'));

const contentOf = (named: unknown, naming: Naming, encoding: 'utf8' | 'base64'): string => {
  if (typeof named !== 'string') throw new UsageError(`${naming.place} names a file by what is no text`);
  const path = pathOf(named, naming);
  try {
    const real = realpathSync(path);
    if (!isWithin(realpathSync(naming.root), real))
      throw new UsageError(`${naming.place} names ${path}, a link that leads outside of ${naming.root}`);
    const found = statSync(real);
    // A pipe or a device may have no end, or never begin.
    if (!found.isFile()) throw new UsageError(`${naming.place} names ${path}, which is no file`);
    if (found.size > BYTES_MAX) throw new UsageError(`${path} is larger than ${BYTES_MAX} bytes`);
    return readFileSync(real, encoding);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new UsageError(`${naming.place} names ${path}, which cannot be read (${code})`);
  }
};

const pathOf = (named: string, { root, file, place }: Naming): string => {
  const path = join(dirname(file), named);
  if (isAbsolute(named) || !isWithin(root, path)) throw new UsageError(`${place} names a file outside of ${root}`);
  return path;
};

/** A name may begin with dots: volumes of Kubernetes have `..data`. */
const isWithin = (root: string, path: string): boolean => {
  const within = relative(root, path);
  return within !== '..' && !within.startsWith(`..${sep}`) && !isAbsolute(within);
};

/** As others import it, or with more before that. */
const nameOf = (named: string): string => named.replace(/^(\.\/)+/, '');
