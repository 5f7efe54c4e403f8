import { stripVTControlCharacters } from 'node:util';
import { type ProgramLine, ProgramWrote } from '#contracts/tool-invocation/health/program-wrote.event';
import type { Bus } from '#libs/bus';
import { maskText } from '#libs/telemetry';

const TOLD_EVERY_MS = 500;
/** Of one upstream, each time. */
const LINES_MAX = 40;
const LINE_CHARS_MAX = 500;

interface Waiting {
  readonly lines: ProgramLine[];
  skipped: number;
}

/** Tells what programs write to stderr, and that they start and end. Of a flood the last lines are told. */
export class ProgramNotes {
  private readonly waiting = new Map<string, Waiting>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly bus: Pick<Bus, 'publish'>) {}

  /** `text` holds nothing that was presented to the program. */
  note(upstreamId: string, kind: ProgramLine['kind'], text: string): void {
    const waiting = this.waiting.get(upstreamId) ?? { lines: [], skipped: 0 };
    this.waiting.set(upstreamId, waiting);
    const shown = maskText(stripVTControlCharacters(text).trimEnd());
    waiting.lines.push({ at: new Date().toISOString(), kind, text: shown.slice(0, LINE_CHARS_MAX) });
    if (waiting.lines.length > LINES_MAX) {
      waiting.lines.shift();
      waiting.skipped++;
    }
    this.timer ??= setTimeout(() => this.tell(), TOLD_EVERY_MS).unref();
  }

  private tell(): void {
    this.timer = undefined;
    for (const [upstreamId, { lines, skipped }] of this.waiting) {
      const [first] = lines;
      const before: ProgramLine[] =
        skipped === 0 || first === undefined ? [] : [{ at: first.at, kind: 'skipped', text: String(skipped) }];
      this.bus.publish(ProgramWrote, { upstreamId, lines: [...before, ...lines] });
    }
    this.waiting.clear();
  }
}

const SECRET_LENGTH_MIN = 8;

/** Text without the values of variables, whatever they are called: REST shows none of them either. */
export const withoutValues = (env: Readonly<Record<string, string>>): ((text: string) => string) => {
  const values = Object.values(env)
    .filter(({ length }) => length >= SECRET_LENGTH_MIN)
    .sort((one, other) => other.length - one.length);
  return (text) => values.reduce((clean, value) => clean.replaceAll(value, '[redacted]'), text);
};
