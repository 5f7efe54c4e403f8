import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secret, text, url, withSecretFiles } from '#libs/config';

const options = { KEY: secret('A key.'), STORE_URL: url(['redis:'], 'A store.'), NAME: text('', 'A name.') };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'secret-files-'));
  writeFileSync(join(folder, 'key'), 'of the file\n');
  writeFileSync(join(folder, 'url'), 'redis://:p@host');
  writeFileSync(join(folder, 'empty'), '\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

describe('withSecretFiles', () => {
  it('withSecretFiles reads the files of secrets, and of nothing else, when they are named', () => {
    const env = { KEY_FILE: at('key'), STORE_URL_FILE: at('url'), NAME: 'n', NAME_FILE: at('key'), OTHER_FILE: '/no' };

    expect(withSecretFiles(options, env)).toEqual({
      KEY: 'of the file',
      STORE_URL: 'redis://:p@host',
      NAME: 'n',
      NAME_FILE: at('key'),
      OTHER_FILE: '/no',
    });
    // As when a command starts a service with the environment that it was given itself.
    expect(withSecretFiles(options, withSecretFiles(options, env))).toMatchObject({ KEY: 'of the file' });
  });

  it.each([
    ['there is none', { KEY_FILE: '/no/such' }, 'KEY_FILE: the file cannot be read (ENOENT)'],
    ['it is empty', { KEY_FILE: 'empty' }, 'KEY_FILE: the file is empty'],
    ['the value is given too', { KEY_FILE: 'key', KEY: 'x' }, 'KEY and KEY_FILE are both set'],
  ])('withSecretFiles refuses a file when %s', (_, env, problem) => {
    const given = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [
        name,
        name.endsWith('_FILE') && value[0] !== '/' ? at(value) : value,
      ]),
    );
    expect(() => withSecretFiles(options, given)).toThrow(problem);
  });
});
