import { styleText } from 'node:util';

type Fields = Readonly<Record<string, unknown>>;

/** Said once at the start, or of no use to whoever looks at a terminal. */
const LEFT_OUT = new Set(['level', 'time', 'service', 'instance', 'version', 'msg', 'err']);

const STYLES: Readonly<Record<string, Parameters<typeof styleText>[0]>> = {
  fatal: ['bold', 'red'],
  error: 'red',
  warn: 'yellow',
  info: 'green',
};

/** Of C0 and C1 but the line break: what an upstream wrote must not steer the terminal. */
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g;

/**
 * A line of the log as a person reads it at a terminal: time, level, service, message, fields, and below them the stack of an
 * error. `line`: the JSON of it.
 */
export const prettyLine = (line: string, isColoured: boolean): string => {
  const fields = JSON.parse(line) as Fields;
  const { time, level, service, msg, err } = fields;
  const style = isColoured ? (STYLES[String(level)] ?? 'dim') : null;
  const paint = (text: string, how: Parameters<typeof styleText>[0] | null): string =>
    how === null ? text : styleText(how, text, { validateStream: false });
  const rest = Object.entries(fields)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => `${paint(`${name}=`, isColoured ? 'dim' : null)}${inWords(value)}`);
  const head = [
    String(time).slice(11, 23),
    paint(String(level).toUpperCase().padEnd(5), style),
    String(service),
    inWords(msg ?? '', true),
    ...rest,
  ];
  return `${head.join(' ')}\n${errorLines(err)}`;
};

const inWords = (value: unknown, isSentence = false): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const safe = escaped(text.replaceAll('\n', String.raw`\n`));
  return typeof value === 'string' && !isSentence && /[\s"=]/.test(safe) ? JSON.stringify(safe) : safe;
};

const errorLines = (err: unknown): string => {
  if (typeof err !== 'object' || err === null) return '';
  const { stack, message } = err as Fields;
  const text = typeof stack === 'string' ? stack : typeof message === 'string' ? message : JSON.stringify(err);
  return `${escaped(text)
    .split('\n')
    .map((part) => `    ${part}`)
    .join('\n')}\n`;
};

const escaped = (text: string): string =>
  text.replace(CONTROL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
