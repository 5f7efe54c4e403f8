import type { Principal } from '#contracts/auth/principal';
import type { Visibility } from '#contracts/registry/catalog';
import { TOOL_NAME_STYLES, type ToolNameStyle } from '../../entries/names/naming.js';
import { type FileEntry, LeftOut } from '../file-entry.js';
import type { SealedCredentials } from '../sealing/opened-credentials.js';
import type { ConflictStrategy, CredentialPolicy } from './import.body.js';
import type { Outcome } from './import.view.js';
import type { NamedEntry } from './import-file.js';

/** For whom and how a file is taken over. */
export interface ImportTerms {
  readonly principal: Principal;
  readonly strategy: ConflictStrategy;
  readonly isDryRun: boolean;
  /** When the credentials of the file are given to what is here already. */
  readonly credentials: CredentialPolicy;
  readonly secret: string | undefined;
  readonly passphrase: string | undefined;
  /** The set of `switchyard apply` that what is new is made of. */
  readonly applySet: string | undefined;
  readonly sight: { readonly visibility?: Visibility | undefined; readonly teamId?: string | null | undefined };
}

/** The same, and what of the file is open. */
export interface OpenTerms extends ImportTerms {
  readonly sealed: SealedCredentials;
}

export interface EntryResult {
  readonly outcome: Outcome;
  readonly notes: readonly string[];
}

/** Takes over the entries of one type. Its methods throw `LeftOut`, or what making the thing by REST would. */
export interface Importer {
  /** Whether something here has the entry's name. */
  isTaken(entry: NamedEntry, terms: ImportTerms): Promise<boolean>;
  take(entry: NamedEntry, terms: OpenTerms): Promise<EntryResult>;
}

const RENAMES_MAX = 100;

/** The first of `name-imported`, `name-imported-2` and so on that is free. Throws `LeftOut` where none is. */
export const freeName = async (name: string, isTaken: (name: string) => Promise<boolean>): Promise<string> => {
  for (let count = 1; count <= RENAMES_MAX; count += 1) {
    const renamed = `${name}-imported${count === 1 ? '' : `-${count}`}`;
    if (!(await isTaken(renamed))) return renamed;
  }
  throw new LeftOut(`it was imported under ${RENAMES_MAX} other names already`);
};

/** How the name of an entry is spelt for clients. */
export const styleIn = ({ tool_name_style: style }: FileEntry): ToolNameStyle =>
  TOOL_NAME_STYLES.find((known) => known === style) ?? 'contextforge';
