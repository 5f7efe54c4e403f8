/** What a row shows in a column, under its title. */
export type Column<Row> = readonly [title: string, text: (row: Row) => string];

const GAP = '  ';

/** Upstreams and clients choose these texts; none of them moves the cursor of a terminal. */
export const printable = (text: string): string =>
  text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');

/** Rows below titles, each column as wide as it needs; the last one ends where the screen does. */
export const tableOf = <Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  screenColumns: number = process.stdout.columns ?? Number.POSITIVE_INFINITY,
): string => {
  const lines = [
    columns.map(([title]) => title.toUpperCase()),
    ...rows.map((row) => columns.map(([, text]) => printable(text(row)))),
  ];
  const widths = columns.map((_, at) => Math.max(...lines.map((cells) => cells[at]?.length ?? 0)));
  return lines
    .map((cells) =>
      cells
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .map((line) => cut(line, screenColumns))
    .join('\n');
};

/** Facts below each other, by their names; those without a text are left out. */
export const factsOf = (facts: Readonly<Record<string, string | number | null | undefined>>): string => {
  const told = Object.entries(facts).filter(([, text]) => text !== null && text !== undefined && text !== '');
  const width = Math.max(...told.map(([name]) => name.length));
  return told.map(([name, text]) => `${name.padEnd(width)}${GAP}${printable(String(text))}`).join('\n');
};

const cut = (line: string, columns: number): string =>
  line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
