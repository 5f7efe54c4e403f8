import { readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing';
import { FileMail } from './file-mail.js';

it('FileMail puts each message into its folder as a file that mail programs read, for its owner alone', async () => {
  const parent = temporaryFolder('mail');
  const folder = join(parent, 'out');
  const mail = new FileMail(folder, { name: 'Gatéway', address: 'gateway@example.org' });
  const message = { to: 'ann@example.org', subject: 'Hello\r\nBcc: eve@example.org', text: 'Text' };
  await Promise.all([mail.send(message), mail.send({ ...message, to: 'a@example.org, b@example.org' })]);

  const names = await readdir(folder);
  expect(names.map((name) => name.slice(-4))).toEqual(['.eml', '.eml']);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const [one = ''] = texts.filter((text) => text.includes('To: ann@example.org'));
  expect(one).toContain('From: =?UTF-8?');
  expect(one).not.toMatch(/^Bcc:/m);
  expect(texts.join('')).not.toMatch(/^To: a@example.org, b@example.org$/m);
  expect((await stat(join(folder, names[0] ?? ''))).mode & 0o077).toBe(0);
  await rm(parent, { recursive: true });
});
