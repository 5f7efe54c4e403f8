import type { Command } from 'commander';
import { runAuthCommand } from '#apps/auth';
import { processEnvironment } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { newCommand } from '../new-command.js';

/** `token …`, `user …`, `secrets …`: what auth itself can do, with the database of the gateway. */
export const authCommand = (noun: 'token' | 'user' | 'secrets'): Command =>
  newCommand(noun)
    .argument('[words...]')
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: readonly string[]) => {
      const logger = createLogger({ service: 'switchyard', level: 'error', to: 'stderr' });
      const answer = await runAuthCommand([noun, ...words], { env: processEnvironment(), logger, readStdin });
      if (answer === null) throw new Error(`"${[noun, ...words].slice(0, 2).join(' ')}" is not a command; see --help`);
      process.stdout.write(`${answer}\n`);
    });

const readStdin = async (): Promise<string> => {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) text += chunk;
  return text;
};
