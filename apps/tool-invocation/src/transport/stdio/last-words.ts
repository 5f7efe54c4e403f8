import type { ChildProcess } from 'node:child_process';
import { OperatorReason } from '../reason.js';
import type { Clean } from './program-notes.js';

const LINES_MAX = 5;
const LINE_CHARS_MAX = 256;

/** What a child process wrote last on stderr, kept for when it ends. */
export class LastWords {
  private readonly lines: string[] = [];

  /** What was presented to the process is taken out when somebody wants to know. */
  constructor(private readonly clean: Clean) {}

  note(line: string): void {
    if (line.trim() === '') return;
    this.lines.push(line.trim());
    if (this.lines.length > LINES_MAX) this.lines.shift();
  }

  /** Why the process is gone. */
  reason(child: ChildProcess): OperatorReason {
    const lines = this.lines.map((line) => this.clean(line).slice(0, LINE_CHARS_MAX));
    const said = lines.length === 0 ? 'and wrote nothing to stderr' : `after writing to stderr: ${lines.join(' | ')}`;
    return new OperatorReason(`the process ${howItEnded(child)} ${said}`);
  }
}

/** What became of a process, as far as is known. */
export const howItEnded = ({ exitCode, signalCode }: ChildProcess): string => {
  if (signalCode !== null) return `ended by ${signalCode}`;
  return exitCode === null ? 'closed its output' : `ended with exit code ${exitCode}`;
};
