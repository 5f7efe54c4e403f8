import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { isTexts, type Members } from './members.js';

/** How inputs are asked for, where somebody sits at a terminal; what is a password is not shown. */
export const terminalAsker = (): ((input: Members) => Promise<string>) | null =>
  process.stdin.isTTY && process.stderr.isTTY ? ask : null;

const ask = async (input: Members): Promise<string> => {
  const { id, description, password, default: fallback, options } = input;
  const choice = isTexts(options) ? ` (${options.join(', ')})` : '';
  const hint = typeof fallback === 'string' && fallback !== '' ? ` [${fallback}]` : '';
  process.stderr.write(`${typeof description === 'string' ? description : String(id)}${choice}${hint}: `);
  const isHidden = password === true;
  const output = isHidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  try {
    const answer = await terminal.question('');
    return answer === '' && typeof fallback === 'string' ? fallback : answer;
  } finally {
    terminal.close();
    if (isHidden) process.stderr.write('\n');
  }
};
