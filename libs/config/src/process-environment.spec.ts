import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gatewayEnvironment, secretFilesOf } from '#libs/config';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'environment-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('gatewayEnvironment', () => {
  it('gatewayEnvironment has what a file .env says where the environment says nothing', () => {
    writeFileSync(
      join(folder, '.env'),
      '\uFEFF# settings\nSWITCHYARD_TEST_A=of the file\nexport SWITCHYARD_TEST_B="quoted # no comment"\n\nSWITCHYARD_TEST_C=1 # a comment\n',
    );
    vi.stubEnv('SWITCHYARD_TEST_A', 'of the process');
    expect(gatewayEnvironment(folder)).toMatchObject({
      SWITCHYARD_TEST_A: 'of the process',
      SWITCHYARD_TEST_B: 'quoted # no comment',
      SWITCHYARD_TEST_C: '1',
    });
  });

  it('gatewayEnvironment is the environment alone when there is no file .env, or a folder of that name', () => {
    expect(gatewayEnvironment(folder)).toEqual(process.env);
    mkdirSync(join(folder, '.env'));
    expect(gatewayEnvironment(folder)).toEqual(process.env);
  });

  it('gatewayEnvironment fails by name when .env cannot be read', () => {
    const notAFolder = join(folder, 'file');
    writeFileSync(notAFolder, '');
    expect(() => gatewayEnvironment(notAFolder)).toThrow(/\.env cannot be read \(ENOTDIR\)/);
  });
});

describe('secretFilesOf', () => {
  it('secretFilesOf has the files of keys, credentials and secrets, and no certificate', () => {
    const env = {
      NATS_KEY_PATH: '/a',
      NATS_CERT_PATH: '/b',
      NATS_CREDS_PATH: '/c',
      JWT_SECRET_KEY_FILE: '/d',
      X_FILE: '',
    };
    expect(secretFilesOf(env)).toEqual(['/a', '/c', '/d']);
  });
});
