import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Whether there is somebody to ask. */
export const isAtTerminal = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/** Asks on the terminal; what is typed is not shown where it is a secret. */
export const askLine = async (question: string, isHidden = false): Promise<string> => {
  process.stderr.write(question);
  const output = isHidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    if (isHidden) process.stderr.write('\n');
  }
};

/** Asks for a yes, which is what Enter alone means where `isYes` says so. */
export const askYes = async (question: string, isYes: boolean): Promise<boolean> => {
  const answer = (await askLine(`${question} ${isYes ? '[Y/n]' : '[y/N]'} `)).trim().toLowerCase();
  return answer === '' ? isYes : answer === 'y' || answer === 'yes';
};

const INPUT_BYTES_MAX = 8 * 1024 * 1024;

/** All of standard input. Throws where it is endless. */
export const readInput = async (): Promise<string> => {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin as AsyncIterable<string>) {
    text += chunk;
    if (text.length > INPUT_BYTES_MAX) throw new Error(`standard input is larger than ${INPUT_BYTES_MAX} bytes`);
  }
  return text;
};
