import { SignJWT, importJWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { ownKeysOf } from './own-keys.js';

const FIRST = 'first secret, which is long enough to be one';
const SECOND = 'second secret, which is long enough to be one';

const signedBy = async ({ keys: [key] }: ReturnType<typeof ownKeysOf>): Promise<string> =>
  new SignJWT({}).setProtectedHeader({ alg: 'EdDSA', kid: key.kid }).sign(await importJWK(key, 'EdDSA'));

describe('keys of the authorization server', () => {
  it('two replicas have the same keys when they have the same secret', () => {
    const [one, other] = [1, 2].map(() => ownKeysOf({ secret: FIRST, formerSecrets: [] }));
    expect(one?.keys).toEqual(other?.keys);
    expect(one?.cookieSecrets).toEqual(other?.cookieSecrets);
  });

  it('a token is good by a former secret until that is retired', async () => {
    const token = await signedBy(ownKeysOf({ secret: FIRST, formerSecrets: [] }));
    const during = ownKeysOf({ secret: SECOND, formerSecrets: [FIRST] });
    await expect(jwtVerify(token, during.find)).resolves.toBeDefined();
    await expect(jwtVerify(await signedBy(during), during.find)).resolves.toBeDefined();
    await expect(jwtVerify(token, ownKeysOf({ secret: SECOND, formerSecrets: [] }).find)).rejects.toThrow();
  });
});
