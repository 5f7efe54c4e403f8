import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Target } from '#libs/client-files';
import { maskText } from '#libs/telemetry';
import { CommandFailure } from '../../terminal/failure.js';
import { entryInBlocks, withBlock } from './block-file.js';
import type { WritableClient } from './client-path.js';
import { entryInJson, withEntryInJson } from './json-file.js';

const BYTES_MAX = 8 * 1024 * 1024;

/** The text of a client's file; empty where there is none. Throws a sentence. */
export const readClientFile = (path: string): string => {
  try {
    if (statSync(path).size > BYTES_MAX) throw new CommandFailure(`${path} is larger than ${BYTES_MAX} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return '';
    throw code === undefined ? error : new CommandFailure(`${path} cannot be read (${code})`);
  }
};

const about = <Answer>(path: string, run: () => Answer): Answer => {
  try {
    return run();
  } catch (error) {
    throw new CommandFailure(`${path} ${(error as Error).message}`);
  }
};

/** What the file says of the server; undefined where it knows none of that name. */
export const entryIn = (
  { file: { form, member } }: WritableClient,
  path: string,
  text: string,
  name: string,
): unknown =>
  about(path, () => {
    if (form === 'json') return entryInJson(text, member, name);
    if (form === 'whole') return text === '' ? undefined : text;
    return entryInBlocks(form, text, member, name);
  });

/** The text of the file with the server in it. */
export const connected = (client: WritableClient, path: string, text: string, target: Target): string =>
  about(path, () => {
    const { form, member } = client.file;
    if (form === 'json') return withEntryInJson(text, member, target.name, client.entry?.(target) ?? {});
    if (form === 'whole') return `${client.write(target)}\n`;
    return withBlock(form, text, member, target.name, client.write(target));
  });

/** The text of the file without the server; null where nothing is left of it. */
export const disconnected = (
  { file: { form, member } }: WritableClient,
  path: string,
  text: string,
  name: string,
): string | null =>
  about(path, () => {
    if (form === 'json') return withEntryInJson(text, member, name, undefined);
    return form === 'whole' ? null : withBlock(form, text, member, name, null);
  });

/**
 * Puts the text in the place of the file, whole or not at all, for its owner alone, and keeps what was there beside it. Answers
 * the path of that; null where there was none.
 */
export const writeClientFile = (path: string, text: string | null): string | null => {
  const place = existsSync(path) ? realpathSync(path) : path;
  const backup = existsSync(place) ? `${place}.before-switchyard-${stampNow()}` : null;
  if (backup !== null) copyFileSync(place, backup);
  if (text === null) {
    rmSync(place, { force: true });
    return backup;
  }
  mkdirSync(dirname(place), { recursive: true });
  const draft = `${place}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, place);
  return backup;
};

const stampNow = (): string =>
  new Date()
    .toISOString()
    .slice(0, 23)
    .replaceAll(/[-:.T]/g, '');

const CONTEXT_LINES = 2;

/** The lines that go and come, with some around them. What looks like a secret is not shown. */
export const diffOf = (before: string, after: string): string => {
  const [old, now] = [before, after].map((text) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))) as [
    string[],
    string[],
  ];
  let head = 0;
  while (head < Math.min(old.length, now.length) && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(old.length, now.length) - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const around = (lines: readonly string[]) => lines.map((line) => `  ${line}`);
  return [
    ...around(old.slice(Math.max(0, head - CONTEXT_LINES), head)),
    ...old.slice(head, old.length - tail).map((line) => `- ${line}`),
    ...now.slice(head, now.length - tail).map((line) => `+ ${line}`),
    ...around(old.slice(old.length - tail, old.length - tail + CONTEXT_LINES)),
  ]
    .map(maskText)
    .join('\n');
};
