import { createHmac, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompactEncrypt, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JwtService } from './jwt.service.js';
import { loadJwtKeys } from './jwt.keys.js';

const NAMES = { issuer: 'mcpgateway', audience: 'mcpgateway-api' };
const SECRET = randomBytes(48).toString('base64url');
const nowS = (): number => Math.floor(Date.now() / 1000);

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** Signs anything, as no library would. */
const forge = (header: object, claims: object, secret: string | Buffer = SECRET, hash = 'sha256'): string => {
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
};

const good = () => ({
  sub: 'ann@example.org',
  jti: 'j1',
  iss: NAMES.issuer,
  aud: NAMES.audience,
  iat: nowS(),
  exp: nowS() + 600,
});
const HEADER = { alg: 'HS256', typ: 'JWT' };

const without = (claim: string): object =>
  Object.fromEntries(Object.entries(good()).filter(([name]) => name !== claim));

let folder: string;
let hs: JwtService;
let pems: Record<'rsa' | 'ec' | 'ed' | 'other', { privatePath: string; publicPath: string; publicPem: string }>;

const settings = (facts: object) => ({
  algorithm: 'HS256' as const,
  secret: null,
  formerSecrets: [],
  privateKeyPath: null,
  publicKeyPath: null,
  formerPublicKeyPaths: [],
  ...facts,
});

const writePair = async (
  name: string,
  pair: { privateKey: { export(o: object): unknown }; publicKey: { export(o: object): unknown } },
) => {
  const privatePath = join(folder, `${name}.key`);
  const publicPath = join(folder, `${name}.pub`);
  const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  await writeFile(privatePath, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
  await writeFile(publicPath, publicPem);
  return { privatePath, publicPath, publicPem };
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jwt-'));
  hs = new JwtService(await loadJwtKeys(settings({ secret: SECRET })), NAMES);
  pems = {
    rsa: await writePair('rsa', generateKeyPairSync('rsa', { modulusLength: 2048 })),
    ec: await writePair('ec', generateKeyPairSync('ec', { namedCurve: 'P-256' })),
    ed: await writePair('ed', generateKeyPairSync('ed25519')),
    other: await writePair('other', generateKeyPairSync('rsa', { modulusLength: 2048 })),
  };
});

afterAll(() => rm(folder, { recursive: true }));

const REFUSED = { code: 'auth.credential_invalid', message: 'The credential is not valid' };

/** How a token is refused; what is accepted shows as the claims it carries. */
const verdict = async (token: string, by: JwtService = hs): Promise<unknown> =>
  by.verify(token).catch(({ code, message }: { code: string; message: string }) => ({ code, message }));

describe('a token signed with the shared secret', () => {
  it('a token signed with the shared secret is read', async () => {
    expect(await hs.verify(forge(HEADER, good()))).toMatchObject({
      subject: 'ann@example.org',
      tokenId: 'j1',
      teams: [],
      permissions: [],
    });
    expect(await hs.verify(forge({ alg: 'HS256' }, { ...good(), aud: ['x', NAMES.audience] }))).toMatchObject({
      tokenId: 'j1',
    });
    expect(
      await hs.verify(forge({ ...HEADER, kid: '../../etc/passwd' }, good())),
      'a kid chooses nothing',
    ).toMatchObject({ tokenId: 'j1' });
  });

  it('a token signed with the shared secret is made as it is read', async () => {
    const claims = { sub: 'ann@example.org', jti: 'j1', iat: nowS(), exp: nowS() + 600 };

    expect(await hs.verify(await hs.sign(claims))).toMatchObject({
      subject: 'ann@example.org',
      expiresAtMs: claims.exp * 1000,
    });
  });

  it.each([
    ['alg none, no signature', () => `${part({ alg: 'none' })}.${part(good())}.`],
    ['alg None', () => forge({ alg: 'None' }, good())],
    ['alg NONE, empty signature', () => `${part({ alg: 'NONE' })}.${part(good())}.`],
    ['alg none, two parts', () => `${part({ alg: 'none' })}.${part(good())}`],
    ['alg missing', () => forge({ typ: 'JWT' }, good())],
    ['another HMAC', () => forge({ alg: 'HS512' }, good(), SECRET, 'sha512')],
    ['empty signature', () => forge(HEADER, good()).replace(/\.[^.]*$/, '.')],
    ['another secret', () => forge(HEADER, good(), randomBytes(48))],
    [
      'a changed claim',
      () => forge(HEADER, good()).replace(/\.[^.]*\./, `.${part({ ...good(), sub: 'root@example.org' })}.`),
    ],
    ['unknown crit', () => forge({ ...HEADER, crit: ['x'], x: 1 }, good())],
    ['empty crit', () => forge({ ...HEADER, crit: [] }, good())],
    ['b64 false', () => forge({ ...HEADER, b64: false, crit: ['b64'] }, good())],
    ['jwk', () => forge({ ...HEADER, jwk: { kty: 'oct', k: part(SECRET) } }, good())],
    ['jku', () => forge({ ...HEADER, jku: 'http://127.0.0.1:1/keys' }, good())],
    ['x5u', () => forge({ ...HEADER, x5u: 'http://127.0.0.1:1/cert' }, good())],
    ['x5c', () => forge({ ...HEADER, x5c: ['AA=='] }, good())],
    ['typ of another token', () => forge({ ...HEADER, typ: 'at+jwt' }, good())],
    ['nothing', () => ''],
    ['garbage', () => 'garbage'],
    ['three empty parts', () => '..'],
    ['claims that are no object', () => forge(HEADER, ['x'])],
    ['not base64', () => forge(HEADER, good()).replace('.', '.$')],
  ])('a token signed with the shared secret is refused: %s', async (_case, token) => {
    expect(await verdict(token())).toEqual(REFUSED);
  });

  it.each<[string, () => object]>([
    ['wrong audience', () => ({ ...good(), aud: 'mcpgateway' })],
    ['audience with a slash more', () => ({ ...good(), aud: `${NAMES.audience}/` })],
    ['audience in capitals', () => ({ ...good(), aud: NAMES.audience.toUpperCase() })],
    ['audiences without ours', () => ({ ...good(), aud: ['a', 'b'] })],
    ['no audience', () => without('aud')],
    ['wrong issuer', () => ({ ...good(), iss: 'mcpgateway.example' })],
    ['issuer as a list', () => ({ ...good(), iss: [NAMES.issuer, 'x'] })],
    ['no issuer', () => without('iss')],
    ['expired', () => ({ ...good(), exp: nowS() - 62 })],
    ['no exp', () => without('exp')],
    ['exp as text', () => ({ ...good(), exp: String(nowS() + 600) })],
    ['exp beyond all time', () => ({ ...good(), exp: 1e300 })],
    ['negative exp', () => ({ ...good(), exp: -1 })],
    ['not yet good', () => ({ ...good(), nbf: nowS() + 62 })],
    ['nbf as text', () => ({ ...good(), nbf: '0' })],
    ['issued in the future', () => ({ ...good(), iat: nowS() + 62 })],
    ['iat as text', () => ({ ...good(), iat: 'now' })],
    ['no jti', () => without('jti')],
    ['empty jti', () => ({ ...good(), jti: '' })],
    ['jti that is no text', () => ({ ...good(), jti: { $ne: null } })],
    ['endless jti', () => ({ ...good(), jti: 'j'.repeat(321) })],
    ['no subject', () => without('sub')],
    ['subject that is no text', () => ({ ...good(), sub: ['ann@example.org'] })],
    ['subject with a zero', () => ({ ...good(), sub: 'ann@example.org\0' })],
    ['admin as text', () => ({ ...good(), is_admin: 'true' })],
    ['teams as text', () => ({ ...good(), teams: 'red' })],
    ['teams of numbers', () => ({ ...good(), teams: [1] })],
    ['scopes as a list', () => ({ ...good(), scopes: ['tools.read'] })],
    ['permissions as text', () => ({ ...good(), scopes: { permissions: '*' } })],
    ['server id that is no text', () => ({ ...good(), scopes: { server_id: 5 } })],
    ['addresses that are none', () => ({ ...good(), scopes: { ip_restrictions: ['10.0.0.0/64'] } })],
    ['addresses as text', () => ({ ...good(), scopes: { ip_restrictions: '10.0.0.0/8' } })],
    ['hours of days that are none', () => ({ ...good(), scopes: { time_restrictions: { days: ['someday'] } } })],
    ['hours of no time zone', () => ({ ...good(), scopes: { time_restrictions: { timezone: 'Atlantis/City' } } })],
    ['hours that nobody knows', () => ({ ...good(), scopes: { time_restrictions: { not_on: 'holidays' } } })],
    [
      'hours that end as they begin',
      () => ({ ...good(), scopes: { time_restrictions: { start_time: '09:00', end_time: '09:00' } } }),
    ],
    ['usage caps, which are not enforced', () => ({ ...good(), scopes: { usage_limits: { requests_per_hour: 0 } } })],
    ['a use that opens nothing', () => ({ ...good(), token_use: 'refresh' })],
    ['two users', () => ({ ...good(), user: { email: 'bob@example.org' } })],
    ['a key that its holder would have to prove', () => ({ ...good(), cnf: { jkt: 'x' } })],
    ['a restriction of tomorrow', () => ({ ...good(), scopes: { only_on_fridays: true } })],
  ])('a token signed with the shared secret is refused: %s', async (_case, claims) => {
    expect(await verdict(forge(HEADER, claims()))).toEqual(REFUSED);
  });

  it('a token signed with the shared secret is allowed a clock that is a minute off', async () => {
    await expect(
      hs.verify(forge(HEADER, { ...good(), exp: nowS() - 55, iat: nowS() + 55, nbf: nowS() + 55 })),
    ).resolves.toBeDefined();
  });

  it('a token is refused when it is encrypted instead of signed', async () => {
    const secret = Buffer.from(SECRET).subarray(0, 32);
    expect(
      await verdict(
        await new CompactEncrypt(Buffer.from(JSON.stringify(good())))
          .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
          .encrypt(secret),
      ),
    ).toEqual(REFUSED);
  });
});

describe('what the claims say', () => {
  const read = (claims: object) => hs.verify(forge(HEADER, { ...good(), ...claims }));

  it('readClaims tells missing, null and listed teams apart', async () => {
    expect((await read({})).teams).toEqual([]);
    expect((await read({ teams: [] })).teams).toEqual([]);
    expect((await read({ teams: null })).teams).toBeNull();
    expect((await read({ teams: ['a', 'b', 'a'] })).teams).toEqual(['a', 'b']);
    expect((await read({ teams: [{ id: 'a', name: 'A' }] })).teams).toEqual(['a']);
  });

  it('readClaims takes the narrower of two admin claims', async () => {
    expect((await read({})).isAdmin).toBeUndefined();
    expect((await read({ is_admin: true })).isAdmin).toBe(true);
    expect((await read({ user: { is_admin: true } })).isAdmin).toBe(true);
    expect((await read({ is_admin: true, user: { is_admin: false } })).isAdmin).toBe(false);
    expect((await read({ is_admin: false, user: { is_admin: true } })).isAdmin).toBe(false);
  });

  it('readClaims reads scopes, and empty ones as none', async () => {
    expect(await read({ scopes: { server_id: 's1', permissions: ['tools.read', 'tools.read'] } })).toMatchObject({
      serverId: 's1',
      permissions: ['tools.read'],
    });
    expect(
      await read({
        scopes: { server_id: null, permissions: [], ip_restrictions: [], time_restrictions: {}, usage_limits: {} },
      }),
    ).toMatchObject({
      serverId: null,
      permissions: [],
    });
  });

  it.each([
    [{ business_hours_only: true }, { days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 540, toMinute: 1020, timezone: 'UTC' }],
    [{ weekdays_only: true }, { days: [1, 2, 3, 4, 5], fromMinute: 0, toMinute: 1440, timezone: 'UTC' }],
    [
      { days: ['Monday', 'sat'], start_time: '22:30', end_time: '06:00', timezone: 'Europe/Berlin' },
      { days: [1, 6], fromMinute: 1350, toMinute: 360, timezone: 'Europe/Berlin' },
    ],
  ])('readClaims reads the hours %j', async (time_restrictions, hours) => {
    const { conditions } = await read({ scopes: { time_restrictions, ip_restrictions: ['10.0.0.0/8', '::1'] } });
    expect(conditions).toEqual({ networks: ['10.0.0.0/8', '::1'], hours });
  });

  it('readClaims knows tokens that name their user the old way, and e-mails in any case', async () => {
    expect((await read({ sub: undefined, username: 'Ann@Example.org' })).subject).toBe('ann@example.org');
  });
});

describe('keys that are being changed', () => {
  const [former, next] = [randomBytes(48).toString('base64url'), randomBytes(48).toString('base64url')];
  const serviceOf = async (facts: object) => new JwtService(await loadJwtKeys(settings(facts)), NAMES);
  const claims = () => ({ sub: 'ann@example.org', jti: 'j1', iat: nowS(), exp: nowS() + 60 });
  const headerOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());

  it('a token names the key that it was signed with, and of that nothing can be had', async () => {
    const [one, again, other] = await Promise.all(
      [SECRET, SECRET, next].map(async (secret) => headerOf(await (await serviceOf({ secret })).sign(claims()))),
    );
    expect(one).toEqual({ alg: 'HS256', typ: 'JWT', kid: expect.stringMatching(/^[\w-]{16}$/) });
    expect(again.kid).toBe(one.kid);
    expect(other.kid).not.toBe(one.kid);
  });

  it('a token of a former or the next key is good, whether it names that key, another or none', async () => {
    const service = await serviceOf({ secret: SECRET, formerSecrets: [former, next] });
    const overlapping = await Promise.all([former, next].map((secret) => serviceOf({ secret })));
    for (const signer of overlapping)
      expect(await verdict(await signer.sign(claims()), service)).toHaveProperty('tokenId');
    for (const header of [HEADER, { ...HEADER, kid: 'elsewhere' }])
      expect(await verdict(forge(header, good(), former), service)).toHaveProperty('tokenId');

    expect(headerOf(await service.sign(claims())).kid).toBe(headerOf(await hs.sign(claims())).kid);
    expect(await verdict(await service.sign(claims()), hs)).toHaveProperty('tokenId');
    expect(await verdict(forge(HEADER, good(), former), hs)).toEqual(REFUSED);
  });

  it('a token is refused by every key for what is wrong with it, also when it names one that did not sign it', async () => {
    const service = await serviceOf({ secret: SECRET, formerSecrets: [former] });
    const { kid } = headerOf(await service.sign(claims()));
    for (const token of [
      forge({ ...HEADER, kid }, good(), former),
      forge(HEADER, good(), randomBytes(48)),
      forge({ alg: 'HS512' }, good(), former, 'sha512'),
      forge(HEADER, { ...good(), aud: 'x' }, former),
      'garbage',
      '..',
    ])
      expect(await verdict(token, service)).toEqual(REFUSED);
    await expect(service.verify(forge(HEADER, { ...good(), exp: nowS() - 62 }, former))).rejects.toMatchObject({
      cause: { code: 'ERR_JWT_EXPIRED' },
    });
  });

  it('a token of a former private key is good by its public key alone', async () => {
    const algorithm = 'RS256';
    const [old, fresh] = [pems.rsa, pems.other];
    const before = await serviceOf({ algorithm, privateKeyPath: old.privatePath });
    const after = await serviceOf({
      algorithm,
      privateKeyPath: fresh.privatePath,
      formerPublicKeyPaths: [old.publicPath],
    });
    expect(await verdict(await before.sign(claims()), after)).toHaveProperty('tokenId');
    expect(await verdict(await after.sign(claims()), after)).toHaveProperty('tokenId');
    expect(await verdict(await after.sign(claims()), before)).toEqual(REFUSED);
    await expect(
      serviceOf({ algorithm, privateKeyPath: fresh.privatePath, formerPublicKeyPaths: [pems.ec.publicPath] }),
    ).rejects.toMatchObject({ code: 'config.invalid' });
  });
});

describe('a token signed with a private key', () => {
  const pairs = [
    ['RS256', 'rsa'],
    ['PS256', 'rsa'],
    ['ES256', 'ec'],
    ['EdDSA', 'ed'],
  ] as const;
  const load = async (algorithm: (typeof pairs)[number][0], paths: object) =>
    new JwtService(await loadJwtKeys(settings({ algorithm: algorithm, ...paths })), NAMES);
  const claims = () => ({ sub: 'ann@example.org', jti: 'j1', iat: nowS(), exp: nowS() + 60 });

  it.each(pairs)('%s is made with the private key and read with the public one alone', async (algorithm, kind) => {
    const maker = await load(algorithm, { privateKeyPath: pems[kind].privatePath });
    const reader = await load(algorithm, { publicKeyPath: pems[kind].publicPath });
    const token = await maker.sign(claims());

    expect(await reader.verify(token)).toMatchObject({ tokenId: 'j1' });
    await expect(reader.sign(claims())).rejects.toMatchObject({ code: 'config.invalid' });
    expect(await verdict(token, hs)).toEqual(REFUSED);
  });

  it('a token signed with a private key is not an HMAC made with the public key', async () => {
    const reader = await load('RS256', { publicKeyPath: pems.rsa.publicPath });
    const der = createPublicKey(pems.rsa.publicPem).export({ type: 'spki', format: 'der' });

    expect(await verdict(forge(HEADER, good(), pems.rsa.publicPem), reader)).toEqual(REFUSED);
    expect(await verdict(forge(HEADER, good(), pems.rsa.publicPem.trim()), reader)).toEqual(REFUSED);
    expect(await verdict(forge(HEADER, good(), der), reader)).toEqual(REFUSED);
    expect(await verdict(forge({ alg: 'RS256' }, good(), pems.rsa.publicPem), reader)).toEqual(REFUSED);
  });

  it('a token signed with a private key is not of another key, nor of the same key in another algorithm', async () => {
    const reader = await load('RS256', { publicKeyPath: pems.rsa.publicPath });
    const stranger = await load('RS256', { privateKeyPath: pems.other.privatePath });
    const otherPadding = await load('PS256', { privateKeyPath: pems.rsa.privatePath });

    expect(await verdict(await stranger.sign(claims()), reader)).toEqual(REFUSED);
    expect(await verdict(await otherPadding.sign(claims()), reader)).toEqual(REFUSED);
  });

  it('a token signed with a private key needs keys that fit each other and the algorithm, at the start', async () => {
    const refused = { code: 'config.invalid' };
    const { rsa, other, ec } = pems;

    await expect(load('RS256', {})).rejects.toMatchObject(refused);
    await expect(load('RS256', { privateKeyPath: ec.privatePath })).rejects.toMatchObject(refused);
    await expect(
      load('RS256', { privateKeyPath: rsa.privatePath, publicKeyPath: other.publicPath }),
    ).rejects.toMatchObject(refused);
    await expect(load('RS256', { privateKeyPath: join(folder, 'absent') })).rejects.toMatchObject(refused);
    await expect(loadJwtKeys(settings({}))).rejects.toMatchObject(refused);
  });

  it('a token signed with a private key needs more than 1024 bits', async () => {
    const weak = await writePair('weak', generateKeyPairSync('rsa', { modulusLength: 1024 }));

    await expect(load('RS256', { privateKeyPath: weak.privatePath })).rejects.toMatchObject({
      code: 'config.invalid',
    });
    await expect(load('RS256', { publicKeyPath: weak.publicPath })).rejects.toMatchObject({
      code: 'config.invalid',
    });
  });
});

it('JwtService says nothing about a token when it refuses it', async () => {
  const token = await new SignJWT({ planted: 'claim' }).setProtectedHeader({ alg: 'HS256' }).sign(randomBytes(32));
  const error = await hs.verify(token).catch((thrown: Error) => thrown);

  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(token.split('.')[1]);
});
