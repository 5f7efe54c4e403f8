import path from 'node:path';
import { parseArgs } from 'node:util';
import type { LoadSettings } from './measure.js';
import type { Crowd } from './subject/crowd.js';
import { PEER_SCENARIOS, ROWS } from './scenario.js';

export const USAGE = `npm run bench -- [options]
Measures the upstream alone, a bare Node proxy, the embedded and the distributed gateway: ratios first, every answer checked.
Writes results.json and results.svg. Needs nats-server and redis-server on PATH for the distributed gateway.

  --only WORDS        rows whose names contain one of these, by commas: ${ROWS.join(', ')}
  --subjects NAMES    of the gateways: embedded, distributed; by commas
  --rounds N          3 unless told; each measures all subjects one after the other
  --seconds S         1.5 unless told; per subject and round
  --connections N     64 unless told
  --against FOLDER    another checkout, built, whose gateways are measured in the same rounds as "… before"
  --traced SHARES     the gateways once more for each share of traces that is exported, "0.01,1" for instance
  --workers N         the distributed gateway once more, with N processes of each service that share its port
  --crowd             the gateways twice more, called by a member of a team by a role there and a narrowed token: alone,
                      and where 10,000 users and 1,000 teams are on record
  --peers             others instead: pinned programs that stand between a client and a server, each installed
                      where its package manager is here, beside the bare proxy and the embedded gateway
  --peer WORDS        those of them whose names contain one of these, by commas
  --folder FOLDER     where they are installed, and kept for the next time; bench/out/peers unless told
  --quick             one round of a second
  --out FOLDER        bench/out unless told
  --publish           also writes docs/benchmarks.md and docs/benchmarks.svg`;

const CROWDS: readonly Crowd[] = [
  { users: 1, teams: 0 },
  { users: 10_000, teams: 1_000 },
];

const MODES = ['embedded', 'distributed'] as const;
export type Mode = (typeof MODES)[number];

export interface Choices {
  readonly help: boolean;
  readonly chooses: (row: string) => boolean;
  readonly modes: readonly Mode[];
  readonly rounds: number;
  readonly load: LoadSettings;
  readonly against: string | null;
  readonly traced: readonly number[];
  /** Null: one process of each service alone. */
  readonly workers: number | null;
  readonly crowds: readonly Crowd[];
  readonly out: string;
  /** Null: this product alone. */
  readonly peers: { readonly folder: string; readonly choosesPeer: (name: string) => boolean } | null;
  readonly publish: boolean;
}

const numberOf = (name: string, text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} ${text}: a number above 0 is needed`);
  return value;
};

const wordsOf = (text: string): string[] => text.split(',').map((word) => word.trim().toLowerCase());

const sharesOf = (text: string): number[] =>
  wordsOf(text).map((word) => {
    const share = Number(word);
    if (word === '' || !(share >= 0 && share <= 1)) throw new Error(`--traced ${word}: a number from 0 to 1 is needed`);
    return share;
  });

const amongWords = (text: string | undefined): ((name: string) => boolean) => {
  const words = text === undefined ? null : wordsOf(text);
  return (name) => words?.some((word) => name.toLowerCase().includes(word)) ?? true;
};

const modesOf = (text: string): Mode[] => {
  const words = wordsOf(text);
  const unknown = words.find((word) => !MODES.some((mode) => mode === word));
  if (unknown !== undefined) throw new Error(`--subjects ${unknown}: there are ${MODES.join(' and ')}`);
  return MODES.filter((mode) => words.includes(mode));
};

export const readChoices = (args: readonly string[]): Choices => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      subjects: { type: 'string', default: MODES.join(',') },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      connections: { type: 'string', default: '64' },
      against: { type: 'string' },
      traced: { type: 'string' },
      workers: { type: 'string' },
      crowd: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      peer: { type: 'string' },
      folder: { type: 'string', default: path.join('bench', 'out', 'peers') },
      quick: { type: 'boolean', default: false },
      out: { type: 'string', default: path.join('bench', 'out') },
      publish: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  const chooses = amongWords(values.only);
  const rows = values.peers ? PEER_SCENARIOS.map(({ name }) => name) : ROWS;
  if (!rows.some(chooses)) throw new Error(`--only ${values.only}: no row is called so; there are ${rows.join(', ')}`);
  const besides = values.crowd || [values.against, values.traced, values.workers].some((value) => value !== undefined);
  if (values.peers && (values.publish || besides))
    throw new Error(
      '--peers is a table of its own: it has no --against, no --traced, no --workers, no --crowd and no --publish',
    );
  const modes = modesOf(values.subjects);
  if (values.workers !== undefined && !modes.includes('distributed'))
    throw new Error('--workers is for the distributed gateway, which --subjects leaves out');
  return {
    help: values.help,
    chooses,
    modes,
    rounds: Math.ceil(numberOf('rounds', values.rounds ?? (quick ? '1' : '3'))),
    load: {
      connections: Math.ceil(numberOf('connections', values.connections)),
      callsMax: 400_000,
      warmUpMs: quick ? 700 : 4_000,
      durationMs: numberOf('seconds', values.seconds ?? (quick ? '1' : '1.5')) * 1_000,
    },
    crowds: values.crowd ? CROWDS : [],
    traced: values.traced === undefined ? [] : sharesOf(values.traced),
    workers: values.workers === undefined ? null : Math.ceil(numberOf('workers', values.workers)),
    against: values.against === undefined ? null : path.resolve(values.against),
    out: values.out,
    publish: values.publish,
    peers: values.peers ? { folder: path.resolve(values.folder), choosesPeer: amongWords(values.peer) } : null,
  };
};
