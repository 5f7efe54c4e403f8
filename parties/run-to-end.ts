import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

export interface RunOptions {
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a program prints on standard output. Rejects, with the end of what it said, when it fails or takes too long. */
export const runToEnd = async (
  command: string,
  args: readonly string[],
  { cwd, timeoutMs, env = {} }: RunOptions,
): Promise<string> => {
  try {
    const { stdout } = await run(command, args, {
      cwd,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: OUTPUT_BYTES_MAX,
      env: { ...process.env, ...env },
    });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    const said = `${stdout}\n${stderr}`.trim().slice(-1_500);
    // Without its arguments: a token may be among them.
    throw new Error(`${command} failed: ${said === '' ? message : said}`, {
      cause: error,
    });
  }
};
