import { homedir } from 'node:os';
import { basename, sep } from 'node:path';

/** Why a text could not be made; a sentence that goes on from the name of the server. */
export class Unexpandable extends Error {}

export interface VariableSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  /** The answer to `${input:id}`. Throws `Unexpandable` where nobody can be asked. */
  readonly input: (id: string) => Promise<string>;
}

const VARIABLE = /\$\{([^{}]*)\}|\{(env|file):([^{}]*)\}|^\$([A-Z_][A-Z0-9_]*)$/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Puts values for `${VAR}`, `${env:VAR}`, `${VAR:-default}`, `${input:id}`, `{env:VAR}` and the folders. Throws `Unexpandable`. */
export const expand = async (text: string, source: VariableSource): Promise<string> => {
  let expanded = '';
  let from = 0;
  for (const match of text.matchAll(VARIABLE)) {
    const [whole, inBraces, scheme, inScheme, bare] = match;
    const value = await valueOf(inBraces ?? (scheme === undefined ? (bare ?? '') : `${scheme}:${inScheme}`), source);
    expanded += text.slice(from, match.index) + value;
    from = match.index + whole.length;
  }
  return expanded + text.slice(from);
};

const BARE_WORD = /(?<=^|\s)\$([A-Z_][A-Z0-9_]*)(?=\s|$)/g;

/** The same in a header, where `Bearer $TOKEN` can mean nothing else. */
export const expandHeader = (text: string, source: VariableSource): Promise<string> =>
  expand(text.replaceAll(BARE_WORD, '${$1}'), source);

const valueOf = async (expression: string, { env, folder, input }: VariableSource): Promise<string> => {
  const asked = /^(?:input|promptString):(.+)$/.exec(expression)?.[1];
  if (asked !== undefined) return input(asked);
  const known = folders(folder)[expression];
  if (known !== undefined) return known;
  const [, , name = '', fallback] = /^(env:)?([^:]*)(?::-(.*))?$/s.exec(expression) ?? [];
  if (!NAME.test(name)) throw new Unexpandable(`has \${${expression}} in it, which means nothing here`);
  const value = env[name];
  // As a shell has it: a variable that is empty has the default too.
  if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
  if (value === undefined) throw new Unexpandable(`needs the variable ${name}, which is not set`);
  return value;
};

const folders = (folder: string): Readonly<Record<string, string>> => ({
  workspaceFolder: folder,
  workspaceRoot: folder,
  workspaceFolderBasename: basename(folder),
  userHome: homedir(),
  pathSeparator: sep,
  '/': sep,
});
