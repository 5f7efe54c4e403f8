import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Choices, USAGE, readChoices } from './choices.js';
import { LoadGenerator } from './measure.js';
import { measurePeers } from './peers/measure-peers.js';
import { pageOf } from './report/page.js';
import { pictureOf } from './report/picture.js';
import { ratiosOf } from './report/ratios.js';
import { type Machine, type Report, errorsOf } from './report/report.js';
import { textOfPeers, textOfReport } from './report/text.js';
import { Run } from './run.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const machine: Machine = {
  cpus: os.cpus().length,
  model: os.cpus()[0]?.model.trim() ?? 'unknown',
  memoryGb: Math.round(os.totalmem() / 1024 ** 3),
  node: process.version,
  system: `${os.type()} ${os.release()}`,
};

const write = (report: Report, { out, publish }: Choices): void => {
  fs.mkdirSync(out, { recursive: true });
  const results = { ...report, ratios: ratiosOf(report.rows) };
  fs.writeFileSync(path.join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  fs.writeFileSync(path.join(out, 'results.svg'), pictureOf(report));
  if (!publish) return;
  fs.writeFileSync(path.join('docs', 'benchmarks.md'), pageOf(report));
  fs.writeFileSync(path.join('docs', 'benchmarks.svg'), pictureOf(report));
};

const measureAll = async (choices: Choices): Promise<number> => {
  const at = new Date().toISOString();
  const generator = new LoadGenerator();
  try {
    const found = await new Run(choices, generator, say).measure();
    const { rounds, load } = choices;
    const report = { at, machine, settings: { ...load, rounds }, ...found };
    write(report, choices);
    say(`\n${textOfReport(report)}\n\nWritten to ${choices.out}`);
    return errorsOf(report) === 0 ? 0 : 1;
  } finally {
    generator.stop();
  }
};

/** One table, and who is missing from it. */
const measureAmongPeers = async (choices: Choices, peers: NonNullable<Choices['peers']>): Promise<number> => {
  const generator = new LoadGenerator();
  try {
    const report = await measurePeers({ ...choices, ...peers }, generator, say);
    fs.mkdirSync(choices.out, { recursive: true });
    fs.writeFileSync(path.join(choices.out, 'peers.json'), `${JSON.stringify({ machine, ...report }, null, 2)}\n`);
    say(`\n${textOfPeers(report)}`);
    return report.rows.every(({ rounds }) => rounds.every(({ errors }) => errors === 0)) ? 0 : 1;
  } finally {
    generator.stop();
  }
};

const choices = readChoices(process.argv.slice(2));
if (choices.help) say(USAGE);
else if (choices.peers !== null) process.exitCode = await measureAmongPeers(choices, choices.peers);
else process.exitCode = await measureAll(choices);
