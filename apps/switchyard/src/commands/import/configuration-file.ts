import { readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { type ParseError, parse as parseJsonc, printParseErrorCode } from 'jsonc-parser';
import { parse as parseToml, TomlError } from 'smol-toml';

const BYTES_MAX = 8 * 1024 * 1024;

/**
 * What a client's configuration holds: JSON with comments and trailing commas, or TOML. Throws a sentence with the line
 * that is wrong; it quotes nothing, since such files hold tokens.
 */
export const readConfigurationFile = (path: string): unknown => {
  const text = read(path);
  if (/\.ya?ml$/i.test(path))
    throw new Error(`${path} is YAML, which is not read here: give its servers as JSON or TOML`);
  return extname(path).toLowerCase() === '.toml' ? fromToml(path, text) : fromJson(path, text);
};

const read = (path: string): string => {
  try {
    if (statSync(path).size > BYTES_MAX) throw new Error(`${path} is larger than ${BYTES_MAX} bytes`);
    // Some editors write a byte order mark.
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new Error(`${path} cannot be read (${code})`, { cause: error });
  }
};

const fromJson = (path: string, text: string): unknown => {
  const errors: ParseError[] = [];
  const value: unknown = nested(path, () => parseJsonc(text, errors, { allowTrailingComma: true }));
  const [first] = errors;
  if (first === undefined) return value;
  const line = text.slice(0, first.offset).split('\n').length;
  throw new Error(`${path} is not valid JSON: ${printParseErrorCode(first.error)} in line ${line}`);
};

const fromToml = (path: string, text: string): unknown => {
  let line: number;
  try {
    return nested(path, () => parseToml(text));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    ({ line } = error);
  }
  // Without its cause, which quotes the text.
  throw new Error(`${path} is not valid TOML: see line ${line}`);
};

const nested = <Value>(path: string, parse: () => Value): Value => {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RangeError) throw new Error(`${path} nests too deep`, { cause: error });
    throw error;
  }
};
