import { parseArgs } from 'node:util';
import type { Language } from './party.js';

export const USAGE = `npm run parties -- [options]
Runs servers and clients of others, pinned, directly and through the gateway, and compares what they list and answer.

  --only LANGUAGES    npm, python, go, rust, java, by commas; a language whose toolchain is missing is left out
  --parties WORDS     those whose names contain one of these, by commas
  --modes MODES       embedded, distributed; by commas (default: embedded)
  --folder FOLDER     where packages are installed, and kept for the next time`;

const MODES = ['embedded', 'distributed'] as const;

export interface Choices {
  readonly languages: readonly Language[];
  readonly modes: readonly (typeof MODES)[number][];
  readonly folder: string | null;
  readonly chooses: (name: string) => boolean;
}

const chosen = <Name extends string>(option: string, text: string, known: readonly Name[]): Name[] => {
  const words = text.split(',').map((word) => word.trim());
  const unknown = words.find((word) => !known.some((name) => name === word));
  if (unknown !== undefined) throw new Error(`--${option} ${unknown}: there are ${known.join(', ')}`);
  return known.filter((name) => words.includes(name));
};

/** Null when help is asked for. Throws on an option or a value that there is none of. */
export const readChoices = (args: readonly string[], languages: readonly Language[]): Choices | null => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: languages.join(',') },
      parties: { type: 'string', default: '' },
      modes: { type: 'string', default: 'embedded' },
      folder: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const words = values.parties.toLowerCase().split(',');
  return {
    languages: chosen('only', values.only, languages),
    modes: chosen('modes', values.modes, MODES),
    folder: values.folder ?? null,
    chooses: (name) => words.some((word) => name.toLowerCase().includes(word.trim())),
  };
};
