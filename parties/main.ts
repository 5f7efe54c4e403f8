import fs from 'node:fs';
import path from 'node:path';
import { startGateway, temporaryFolder } from '#libs/testing';
import { USAGE, readChoices } from './choices.js';
import { go } from './go/guests.js';
import { java } from './java/guests.js';
import { npm } from './npm/guests.js';
import { python } from './python/guests.js';
import { rust } from './rust/guests.js';
import type { Guests } from './party.js';
import { type Outcome, tableOf } from './outcome.js';
import { Visit } from './visit.js';

const ALL: readonly Guests[] = [npm, python, go, rust, java];

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const run = async (): Promise<number> => {
  const choices = readChoices(
    process.argv.slice(2),
    ALL.map(({ language }) => language),
  );
  if (choices === null) {
    say(USAGE);
    return 0;
  }
  const folder = choices.folder ?? temporaryFolder('parties');
  const outcomes: Outcome[] = [];
  try {
    const present: { guests: Guests; installed: string }[] = [];
    for (const guests of ALL.filter(({ language }) => choices.languages.includes(language))) {
      const lack = guests.lacks();
      if (lack !== null) {
        say(`${guests.language} is left out: ${lack}`);
        continue;
      }
      const installed = path.join(folder, guests.language);
      if (!fs.existsSync(installed)) {
        say(`installing what comes from ${guests.language} …`);
        fs.mkdirSync(installed, { recursive: true });
        try {
          await guests.install(installed);
        } catch (error) {
          fs.rmSync(installed, { recursive: true, force: true });
          throw error;
        }
      }
      present.push({ guests, installed });
    }
    for (const mode of choices.modes) {
      const gateway = await startGateway({ mode, replicas: 2 });
      try {
        const visit = new Visit(gateway, mode, choices.chooses, say);
        for (const { guests, installed } of present) outcomes.push(...(await visit.of(guests, installed)));
      } finally {
        await gateway.stop();
      }
    }
  } finally {
    if (choices.folder === null) fs.rmSync(folder, { recursive: true, force: true });
  }
  say(`\n${tableOf(outcomes)}`);
  return outcomes.every(({ problems }) => problems.length === 0) ? 0 : 1;
};

process.exitCode = await run();
