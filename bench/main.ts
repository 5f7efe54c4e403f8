import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { LoadGenerator, type LoadSettings, type Measurement, measure } from './measure.js';
import { pictureOf } from './report/picture.js';
import { type Row, errorsOf, ratiosOf, rowOf, textOfReport } from './report/summary.js';
import { SCENARIOS, nameOf } from './scenario.js';
import { type Subject, startBareProxy, startGatewaySubject, startUpstream } from './subject/subject.js';

const USAGE = `npm run bench -- [--quick] [--only embedded|distributed] [--connections N] [--out FOLDER]
Measures the upstream alone, a bare Node proxy, the embedded and the distributed gateway, and writes results.json and
results.svg. Needs nats-server and redis-server on PATH for the distributed one.`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    connections: { type: 'string', default: '64' },
    out: { type: 'string', default: path.join('bench', 'out') },
    help: { type: 'boolean', default: false },
  },
});

const ROUNDS = values.quick ? 1 : 3;
const settings: LoadSettings = {
  connections: Number(values.connections),
  callsMax: 400_000,
  warmUpMs: values.quick ? 700 : 1_500,
  durationMs: values.quick ? 1_500 : 4_000,
};

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Started one after the other, since starting is busy; an idle gateway costs the others next to nothing. */
const startSubjects = async (started: Subject[]): Promise<void> => {
  const upstream = await startUpstream();
  started.push(upstream);
  started.push(await startBareProxy(upstream));
  for (const mode of ['embedded', 'distributed'] as const) {
    if (values.only !== undefined && values.only !== mode) continue;
    say(`starting the ${mode} gateway …`);
    started.push(await startGatewaySubject(mode, upstream));
  }
};

/** Round by round over all subjects, so that a busy minute of the machine meets them all. */
const measureAll = async (generator: LoadGenerator, subjects: readonly Subject[]): Promise<Row[]> => {
  const rows: Row[] = [];
  for (const scenario of SCENARIOS) {
    const rounds = new Map<Subject, Measurement[]>(subjects.map((subject) => [subject, []]));
    for (let round = 1; round <= ROUNDS; round++) {
      for (const subject of subjects) {
        say(`${nameOf(scenario)}, ${subject.name}, round ${round} of ${ROUNDS} …`);
        rounds.get(subject)?.push(await measure(generator, subject, scenario, settings));
      }
    }
    for (const subject of subjects) rows.push(rowOf(nameOf(scenario), subject.name, rounds.get(subject) ?? []));
  }
  return rows;
};

const machine = {
  cpus: os.cpus().length,
  model: os.cpus()[0]?.model.trim() ?? 'unknown',
  memoryGb: Math.round(os.totalmem() / 1024 ** 3),
  node: process.version,
  system: `${os.type()} ${os.release()}`,
};

const write = (rows: readonly Row[]): void => {
  fs.mkdirSync(values.out, { recursive: true });
  const at = new Date().toISOString();
  const subtitle = `${machine.cpus} CPUs, Node ${machine.node}, ${settings.connections} connections, every answer checked, ${at.slice(0, 10)}`;
  const results = { at, machine, settings: { ...settings, rounds: ROUNDS }, ratios: ratiosOf(rows), rows };
  fs.writeFileSync(path.join(values.out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  fs.writeFileSync(path.join(values.out, 'results.svg'), pictureOf(rows, subtitle));
};

const run = async (): Promise<number> => {
  const started: Subject[] = [];
  const generator = new LoadGenerator();
  try {
    await startSubjects(started);
    const rows = await measureAll(generator, started);
    write(rows);
    say(`\n${textOfReport(rows)}\n\nWritten to ${values.out}`);
    return errorsOf(rows) === 0 ? 0 : 1;
  } finally {
    generator.stop();
    for (const subject of started.reverse()) await subject.stop();
  }
};

if (values.help) say(USAGE);
else process.exitCode = await run();
