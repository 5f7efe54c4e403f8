import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Command } from 'commander';
import { setTimeout as pause } from 'node:timers/promises';
import { dataFolderHere, localGateway, logFileOf } from '../../local/data-folder.js';
import { CommandFailure, UsageError } from '../../terminal/failure.js';
import { say } from '../../terminal/output.js';
import { newCommand } from '../new-command.js';
import { readableLine } from './log-line.js';
import { searchLogsCommand } from './search-logs.command.js';

interface LogsOptions {
  readonly follow?: true;
  readonly lines: string;
  readonly json?: true;
}

const LOOK_MS = 250;
/** The most that is read of a log at once. */
const BYTES_MAX = 4 * 1024 * 1024;

/** `logs [-f]`: what the gateway of this machine writes; `logs search`: what any gateway keeps of its log. */
export const logsCommand = (): Command =>
  newCommand('logs')
    .summary('what the gateway of this machine writes')
    .description(
      'Prints the end of the log of a gateway that "switchyard up" started: for people on a terminal, as it is elsewhere.',
    )
    .helpCommand(false)
    .addCommand(searchLogsCommand())
    .option('-f, --follow', 'go on with what comes')
    .option('-n, --lines <count>', 'how many lines', '100')
    .option('--json', 'as it is, on a terminal too')
    .action(async ({ follow, lines, json }: LogsOptions) => {
      if (!/^\d{1,6}$/.test(lines)) throw new UsageError('--lines needs a number');
      const print = (line: string): void => say(json !== true && process.stdout.isTTY ? readableLine(line) : line);
      const file = openSync(logOf(), 'r');
      try {
        const { size } = fstatSync(file);
        const from = Math.max(0, size - BYTES_MAX);
        const whole = textOf(file, from, size).split('\n');
        const rest = whole.pop() ?? '';
        // The first line is half of one where the log is longer.
        const kept = from === 0 ? whole : whole.slice(1);
        if (Number(lines) > 0) for (const line of kept.slice(-Number(lines))) print(line);
        if (follow === true) await tail(file, { at: size, begun: rest }, print);
        else if (rest !== '') print(rest);
      } finally {
        closeSync(file);
      }
    });

const logOf = (): string => {
  const running = localGateway();
  const path = running === null ? logFileOf(dataFolderHere()) : running.log;
  if (path === null) throw new CommandFailure('the gateway writes to the terminal that started it');
  if (!existsSync(path))
    throw new CommandFailure(`there is no log: no gateway was started by "switchyard up" (${path})`);
  return path;
};

const textOf = (file: number, from: number, to: number): string => {
  const bytes = Buffer.alloc(Math.max(0, to - from));
  return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, from));
};

/** Whole lines as they come, until the command is stopped. */
const tail = async (
  file: number,
  { at, begun }: { readonly at: number; readonly begun: string },
  print: (line: string) => void,
): Promise<never> => {
  let from = at;
  let rest = begun;
  for (;;) {
    const { size } = fstatSync(file);
    const to = Math.min(size, from + BYTES_MAX);
    if (to > from) {
      const lines = (rest + textOf(file, from, to)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) print(line);
      from = to;
    } else await pause(LOOK_MS);
  }
};
