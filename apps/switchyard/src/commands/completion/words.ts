import type { Command } from 'commander';

const UNSAID = 'complete';

/** Words that may stand last in a command line, without its program: commands, verbs and options that begin so. */
export const wordsFor = async (
  words: readonly string[],
  catalogue: Readonly<Record<string, () => Promise<Command>>>,
): Promise<readonly string[]> => {
  const [first = '', ...rest] = words;
  const begun = words.at(-1) ?? '';
  const beginning = (candidates: readonly string[]) => candidates.filter((word) => word.startsWith(begun));
  if (rest.length === 0)
    return beginning([...Object.keys(catalogue).filter((name) => name !== UNSAID), 'help', 'version']);
  const load = Object.hasOwn(catalogue, first) ? catalogue[first] : undefined;
  if (load === undefined) return [];
  const command = below(await load(), rest.slice(0, -1));
  const flags = command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => (long ? [long] : []));
  if (begun.startsWith('-')) return beginning([...flags, '--help']);
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  return beginning([...command.commands.map((one) => one.name()), ...choices]);
};

/** The verb that the words lead to. */
const below = (command: Command, words: readonly string[]): Command =>
  words.reduce(
    (at, word) => at.commands.find((one) => one.name() === word || one.aliases().includes(word)) ?? at,
    command,
  );
