import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { GROUPS, UNLISTED, catalogue } from './catalogue.js';
import { newCommand } from './new-command.js';

const SCREEN = { rows: 24, columns: 80 };

/** A command and its verbs, as the program has them. */
const below = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(below)];

const program = newCommand('switchyard');
beforeAll(async () => {
  for (const load of Object.values(catalogue)) program.addCommand(await load());
});

describe('the commands', () => {
  it('every command stands in the overview once, but for those known by another name', () => {
    const listed = GROUPS.flatMap(([names]) => names.split(', ')).filter((name) => !['help', 'version'].includes(name));
    expect(listed.toSorted()).toEqual(
      Object.keys(catalogue)
        .filter((name) => !UNLISTED.includes(name))
        .toSorted(),
    );
  });

  it('the help of every command and verb fits a screen when it is asked for', () => {
    for (const command of below(program).slice(1)) {
      const lines = command.helpInformation().trimEnd().split('\n');
      expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(SCREEN.rows);
      expect(lines.filter((line) => line.length > SCREEN.columns)).toEqual([]);
    }
  });

  it('every verb says what it does in a line when its noun is asked', () => {
    for (const noun of program.commands)
      for (const verb of noun.commands) expect(verb.summary(), `${noun.name()} ${verb.name()}`).not.toBe('');
  });
});
