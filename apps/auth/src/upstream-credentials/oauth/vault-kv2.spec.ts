import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type VaultDouble, startVaultDouble } from '#libs/testing';
import { parseConfig } from '#libs/config';
import { authOptions } from '../../auth.config.js';
import { settingsOf } from '../../auth.settings.js';
import { VaultKv2 } from './vault-kv2.js';

let double: VaultDouble;
let vault: VaultKv2;
const settings = (more: object = {}) => ({
  address: double.url,
  token: double.token,
  namespace: null,
  mount: 'secret',
  prefix: 'switchyard/oauth',
  verifiesTls: true,
  ...more,
});

beforeAll(async () => {
  double = await startVaultDouble();
  vault = new VaultKv2(settings());
});
afterAll(async () => {
  await vault?.close();
  await double?.stop();
});
beforeEach(() => {
  double.isSealed = false;
});

describe('VaultKv2', () => {
  it('VaultKv2 reads what it wrote, under its prefix, until it is deleted', async () => {
    expect(await vault.read('u1')).toBeNull();
    await vault.write('u1', { access_token: 'a' });
    await vault.write('u1', { access_token: 'b' });

    expect(await vault.read('u1')).toEqual({ access_token: 'b' });
    expect([...double.secrets.keys()]).toEqual(['switchyard/oauth/u1']);
    await vault.delete('u1');
    expect(await vault.read('u1')).toBeNull();
    await vault.delete('u1');
  });

  it('VaultKv2 writes a name as one segment of the path, whatever it holds', async () => {
    await vault.write('../../sys/x?y#z', { a: 'b' });
    expect(double.requests.at(-1)).toBe('POST /v1/secret/data/switchyard/oauth/..%2F..%2Fsys%2Fx%3Fy%23z');
  });

  it.each([
    ['refuses the token', { token: 'hvs.other' }, 'it refuses VAULT_TOKEN'],
    ['has nothing at the mount', { mount: 'kv' }, 'it has no KV version 2 at VAULT_KV_MOUNT'],
    ['cannot be reached', { address: 'http://127.0.0.1:1' }, 'it cannot be reached'],
  ])('VaultKv2 says why when Vault %s, without what it shows it', async (_what, more, why) => {
    const other = new VaultKv2(settings(more));
    const failing = other.write('u1', { access_token: 'planted' });
    await expect(failing).rejects.toMatchObject({ code: 'auth.unavailable', message: expect.stringContaining(why) });
    await expect(failing).rejects.not.toMatchObject({ message: expect.stringMatching(/hvs|planted/) });
    await other.close();
  });

  it('VaultKv2 says so when Vault is sealed, and goes on once it is not', async () => {
    double.isSealed = true;
    await expect(vault.read('u1')).rejects.toMatchObject({ message: expect.stringContaining('it is sealed') });
    double.isSealed = false;
    expect(await vault.read('u1')).toBeNull();
  });

  it.each([
    [{ OAUTH_TOKEN_BACKEND: 'vault' }, 'VAULT_TOKEN is required'],
    [{ OAUTH_TOKEN_BACKEND: 'vault', VAULT_TOKEN: 'x', VAULT_ADDR: 'http://vault.example.org:8200' }, 'VAULT_ADDR'],
    [{ VAULT_KV_PATH_PREFIX: '../sys' }, 'VAULT_KV_PATH_PREFIX'],
    [{ OAUTH_TOKEN_BACKEND: 'redis' }, 'OAUTH_TOKEN_BACKEND'],
  ])('settings of Vault are refused at the start when they are %j', (env, why) => {
    expect(() => settingsOf(parseConfig(authOptions, env))).toThrow(why);
  });
});
