import type { ChildProcess } from 'node:child_process';
import { OperatorReason } from '../reason.js';

const LINES_MAX = 5;
const LINE_CHARS_MAX = 256;

/** What a child process wrote last on stderr, kept for when it ends. */
export class LastWords {
  private readonly lines: string[] = [];

  /** `line` holds nothing that was presented to the process. */
  note(line: string): void {
    if (line.trim() === '') return;
    this.lines.push(line.trim().slice(0, LINE_CHARS_MAX));
    if (this.lines.length > LINES_MAX) this.lines.shift();
  }

  /** Why the process is gone. */
  reason(child: ChildProcess): OperatorReason {
    const said =
      this.lines.length === 0 ? 'and wrote nothing to stderr' : `after writing to stderr: ${this.lines.join(' | ')}`;
    return new OperatorReason(`the process ${howItEnded(child)} ${said}`);
  }
}

/** What became of a process, as far as is known. */
export const howItEnded = ({ exitCode, signalCode }: ChildProcess): string => {
  if (signalCode !== null) return `ended by ${signalCode}`;
  return exitCode === null ? 'closed its output' : `ended with exit code ${exitCode}`;
};
