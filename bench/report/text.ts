import { markdownOf } from './page.js';
import type { Report } from './report.js';
import type { PeerReport } from '../peers/measure-peers.js';
import { type Table, peerTable, tablesOf } from './tables.js';

const SAMPLES_MAX = 20;

const textOfTable = ({ title, texts, head, body }: Table): string => {
  const widths = head.map((cell, index) => Math.max(cell.length, ...body.map((row) => (row[index] as string).length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => {
        const width = widths[index] as number;
        return index < texts ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return [title, ...[head, ...body].map(line)].join('\n');
};

/** For the terminal. */
export const textOfReport = (report: Report): string => {
  const named = [
    ...report.rows.map(({ scenario, subject, rounds }) => ({ name: `${scenario}, ${subject}`, rounds })),
    ...report.neighbours.map(({ subject, rounds }) => ({ name: `a modest caller, ${subject}`, rounds })),
    ...report.sick.map(({ subject, sickness, rounds }) => ({
      name: `beside a sick upstream, ${sickness}, ${subject}`,
      rounds,
    })),
    ...report.garbage.map(({ subject, rounds }) => ({ name: `garbage of a call, ${subject}`, rounds })),
    ...report.imports.map(({ subject, rounds }) => ({ name: `a large document imported, ${subject}`, rounds })),
    ...report.listening.map(({ subject, rounds }) => ({ name: `listen streams, ${subject}`, rounds })),
    ...report.compressions.map(({ subject, measured }) => ({
      name: `compressed lists, ${subject}`,
      rounds: [measured],
    })),
    ...report.catalogs.map(({ subject, measured }) => ({ name: `ten thousand tools, ${subject}`, rounds: [measured] })),
  ];
  const samples = named.flatMap(({ name, rounds }) =>
    rounds.flatMap(({ errorSamples }) => errorSamples.map((sample) => `${name}: ${sample}`)),
  );
  const wrong = samples.length === 0 ? [] : [`Wrong answers:\n${samples.slice(0, SAMPLES_MAX).join('\n')}`];
  return [...tablesOf(report).map(textOfTable), ...wrong].join('\n\n');
};

/** The table of `--peers` as Markdown, which is read in a terminal too. */
export const textOfPeers = (report: PeerReport): string => {
  const samples = report.rows.flatMap(({ scenario, subject, rounds }) =>
    rounds.flatMap(({ errorSamples }) => errorSamples.map((sample) => `${scenario}, ${subject}: ${sample}`)),
  );
  const lacking = report.missing.map(({ peer, reason }) => `${peer} is left out: ${reason}`);
  return [markdownOf(peerTable(report)), ...lacking, ...samples.slice(0, SAMPLES_MAX)].join('\n');
};
