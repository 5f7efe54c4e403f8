import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { GROUPS, UNLISTED, catalogue } from './catalogue.js';
import { newCommand } from './new-command.js';

/** The first of them loads what all have in common, which takes a while on a busy machine. */
const LOADING = { timeout: 60_000 };
const SCREEN = { rows: 24, columns: 80 };

/** A command and its verbs, as the program has them. */
const below = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(below)];

describe('the commands', () => {
  it('every command stands in the overview once, but for those known by another name', () => {
    const listed = GROUPS.flatMap(([names]) => names.split(', ')).filter((name) => !['help', 'version'].includes(name));
    expect(listed.toSorted()).toEqual(
      Object.keys(catalogue)
        .filter((name) => !UNLISTED.includes(name))
        .toSorted(),
    );
  });

  it.each(Object.entries(catalogue))(
    'the help of %s and of its verbs fits a screen when it is asked for',
    LOADING,
    async (_name, load) => {
      const program = newCommand('switchyard').addCommand(await load());
      for (const command of below(program).slice(1)) {
        const lines = command.helpInformation().trimEnd().split('\n');
        expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(SCREEN.rows);
        expect(lines.filter((line) => line.length > SCREEN.columns)).toEqual([]);
      }
    },
  );

  it.each(Object.entries(catalogue))(
    'every verb of %s says what it does in a line when its noun is asked',
    LOADING,
    async (_name, load) => {
      for (const verb of (await load()).commands) expect(verb.summary(), verb.name()).not.toBe('');
    },
  );
});
