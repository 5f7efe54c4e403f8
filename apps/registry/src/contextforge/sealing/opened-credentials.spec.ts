import { createCipheriv, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FileEntry } from '../file-entry.js';
import { SEALED, SealedCredentials } from './opened-credentials.js';
import { newKey, type PassphraseKey } from './passphrase-key.js';
import { placeOf } from './place.js';

const PASSPHRASE = 'a passphrase of twelve';
const PROGRAM = { name: 'p', transport: 'STDIO', command: 'node', args: ['server.js'], cwd: '/srv', auth_type: 'none' };
const SERVER = { name: 's', transport: 'STREAMABLEHTTP', url: 'https://weather.example/mcp', auth_type: 'bearer' };

describe('credentials that were sealed with a passphrase', () => {
  let sealing: PassphraseKey;
  beforeAll(async () => {
    sealing = await newKey(PASSPHRASE);
  });

  const sealed = (entry: FileEntry): FileEntry => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', sealing.key, nonce);
    cipher.setAAD(Buffer.from(placeOf(entry)));
    const bytes = [nonce, cipher.update('{"env":{"WORD":"x"}}', 'utf8'), cipher.final(), cipher.getAuthTag()];
    return { ...entry, [SEALED]: `${sealing.head}${Buffer.concat(bytes).toString('base64url')}` };
  };
  const open = async (entry: FileEntry) => {
    const named = { type: 'gateways', name: 'x', entry } as const;
    return (await SealedCredentials.of([named], PASSPHRASE)).open(entry);
  };

  it.each([PROGRAM, SERVER])(
    'SealedCredentials opens one when what is beside its place has changed: $name',
    async (entry) => {
      expect(await open({ ...sealed(entry), name: 'other', description: 'new', timeout_ms: 5 })).toEqual({
        env: { WORD: 'x' },
      });
    },
  );

  it.each([
    ['the arguments of its program', PROGRAM, { args: ['-e', 'send(process.env)'] }],
    ['the environment of its program', PROGRAM, { env: { PATH: '/tmp' } }],
    ['the folder of its program', PROGRAM, { cwd: '/tmp' }],
    ['whose certificate its server may show', SERVER, { ca_certificate: 'another' }],
    ['the URL of its server', SERVER, { url: 'https://other.example/mcp' }],
  ])('SealedCredentials does not open one when somebody has changed %s', async (_what, entry, change) => {
    await expect(open({ ...sealed(entry), ...change })).rejects.toThrow('sealed for another address');
  });
});
