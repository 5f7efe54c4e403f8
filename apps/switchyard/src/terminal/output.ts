import { Option } from 'commander';
import { type Column, tableOf } from './table.js';

/** In which form an answer is wanted. */
export interface OutputOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export const jsonOption = (): Option => new Option('--json', 'print JSON, as is done where the output is no terminal');

export const quietOption = (): Option => new Option('-q, --quiet', 'print nothing but the ids');

export const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** What is no part of the answer: how far it is, what comes next. */
export const note = (text: string): void => void process.stderr.write(`${text}\n`);

const wantsJson = ({ json }: OutputOptions): boolean => json ?? !process.stdout.isTTY;

interface List<Row> extends OutputOptions {
  readonly columns: readonly Column<Row>[];
  readonly idOf: (row: Row) => string;
  /** The next step of whoever has none yet. */
  readonly empty: string;
}

/** A list: a table on a terminal, JSON elsewhere. */
export const showList = <Row>(rows: readonly Row[], { columns, idOf, empty, ...options }: List<Row>): void => {
  if (options.quiet === true) {
    for (const row of rows) say(idOf(row));
  } else if (wantsJson(options)) say(JSON.stringify(rows, null, 2));
  else if (rows.length === 0) note(empty);
  else say(tableOf(rows, columns));
};

/** One thing: in words on a terminal, JSON elsewhere. */
export const showOne = (value: unknown, text: () => string, options: OutputOptions): void =>
  say(wantsJson(options) ? JSON.stringify(value, null, 2) : text());
