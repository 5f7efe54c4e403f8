import { randomUUID } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';
import { type ProgramLine, ProgramWrote } from '#contracts/tool-invocation/health/program-wrote.event';
import type { Bus } from '#libs/bus';
import { maskText } from '#libs/telemetry';

const TOLD_EVERY_MS = 500;
/** Of one upstream, each time. */
const LINES_MAX = 40;
const LINE_CHARS_MAX = 500;

/** Takes out of a text what was presented to the program. */
export type Clean = (text: string) => string;

interface Waiting {
  readonly lines: (ProgramLine & { readonly clean: Clean })[];
  skipped: number;
}

/** Tells what programs write to stderr, and that they start and end. Of a flood the last lines are told. */
export class ProgramNotes {
  private readonly waiting = new Map<string, Waiting>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly bus: Pick<Bus, 'publish' | 'connected'>) {}

  /** The text is cleaned when it is told: most of a flood never is. */
  note(upstreamId: string, kind: ProgramLine['kind'], text: string, clean: Clean): void {
    const waiting = this.waiting.get(upstreamId) ?? { lines: [], skipped: 0 };
    this.waiting.set(upstreamId, waiting);
    waiting.lines.push({ at: new Date().toISOString(), kind, text, clean });
    if (waiting.lines.length > LINES_MAX) {
      waiting.lines.shift();
      waiting.skipped++;
    }
    this.tellSoon();
  }

  private tellSoon(): void {
    this.timer ??= setTimeout(() => this.tell(), TOLD_EVERY_MS).unref();
  }

  private tell(): void {
    this.timer = undefined;
    // The bus would keep what it cannot send, and drop events for it that others must hear.
    if (!this.bus.connected) return this.tellSoon();
    for (const [upstreamId, { lines, skipped }] of this.waiting) {
      const [first] = lines;
      const before: ProgramLine[] =
        skipped === 0 || first === undefined ? [] : [{ at: first.at, kind: 'skipped', text: String(skipped) }];
      this.bus.publish(ProgramWrote, { upstreamId, batch: randomUUID(), lines: [...before, ...lines.map(shown)] });
    }
    this.waiting.clear();
  }
}

const shown = ({ at, kind, text, clean }: Waiting['lines'][number]): ProgramLine => ({
  at,
  kind,
  text: maskText(clean(stripVTControlCharacters(text)).trimEnd()).slice(0, LINE_CHARS_MAX),
});

const SECRET_LENGTH_MIN = 8;

/**
 * Text without the values of variables, whatever they are called: REST shows none of them either. What is read line by
 * line has a value of several lines in parts, or as JSON has it.
 */
export const withoutValues = (env: Readonly<Record<string, string>>): Clean => {
  const forms = Object.values(env).flatMap((value) => [
    value,
    JSON.stringify(value).slice(1, -1),
    ...value.split(/[\r\n]+/).map((line) => line.trim()),
  ]);
  const secrets = [...new Set(forms)]
    .filter(({ length }) => length >= SECRET_LENGTH_MIN)
    .sort((one, other) => other.length - one.length);
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text);
};
