import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UpstreamTls } from '#contracts/auth/tls/upstream-tls.rules';
import { problemOfTls } from '#contracts/auth/tls/upstream-tls.rules';
import { makeCertificates, temporaryFolder } from '#libs/testing';
import type { CredentialShape } from '../gateway.entity.js';
import { NO_CREDENTIAL } from '../registration/credential-form.js';
import { assertHasTls, changedTls, isAtServer, tlsFrom, withTls } from './upstream-tls.js';

const MASK = '*****';
const folder = temporaryFolder('upstream-tls');
let pem: Required<UpstreamTls>;
let members: { caCertificate: string; clientCert: string; clientKey: string };

beforeAll(() => {
  const { ca, cert, key } = makeCertificates(folder);
  const text = (path: string): string => readFileSync(path, 'utf8');
  pem = { ca: text(ca), cert: text(cert), key: text(key) };
  members = { caCertificate: pem.ca, clientCert: pem.cert, clientKey: pem.key };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const kept = (): CredentialShape => withTls(NO_CREDENTIAL, pem).shape;

describe('problemOfTls', () => {
  it('problemOfTls finds none in what openssl made', () => {
    expect(problemOfTls(pem)).toBeNull();
    expect(problemOfTls({ ca: `# our own\n${pem.ca}${pem.cert}` })).toBeNull();
    expect(problemOfTls({ cert: pem.cert + pem.ca, key: pem.key })).toBeNull();
  });

  it('problemOfTls names the part and the reason, and repeats no key', () => {
    const TWO_DAYS_MS = 2 * 86_400_000;
    expect(problemOfTls({ cert: pem.cert, key: pem.key }, Date.now() + TWO_DAYS_MS)?.reason).toMatch(/over since/);
    expect(problemOfTls({ key: pem.key })).toMatchObject({ part: 'cert' });
    expect(problemOfTls({ cert: pem.cert })).toMatchObject({ part: 'key' });
    for (const ca of ['', 'text', pem.key, `${pem.ca}and more`, pem.ca.replace(/M[A-Za-z]/, '!!')])
      expect(problemOfTls({ ca }), ca.slice(0, 40)).toMatchObject({ part: 'ca' });
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
    expect(problemOfTls({ ca: broken })?.reason).toMatch(/cannot be read/);
    expect(problemOfTls({ ca: broken.repeat(65) })?.reason).toMatch(/more than 64/);
    expect(problemOfTls({ cert: pem.cert, key: pem.key + pem.key })).toMatchObject({ part: 'key' });
    expect(JSON.stringify(problemOfTls({ cert: pem.ca, key: pem.key }))).not.toContain(pem.key.split('\n')[1]);
  });
});

describe('tlsFrom', () => {
  it('tlsFrom reads what is given, and leaves what is not or comes back as a mask', () => {
    expect(tlsFrom(members, undefined)).toEqual(pem);
    expect(tlsFrom({ caCertificate: pem.ca }, undefined)).toEqual({ ca: pem.ca });
    expect(tlsFrom({}, undefined)).toBeNull();
    expect(tlsFrom({ caCertificate: null, clientCert: '' }, undefined)).toBeNull();
    const { tls } = kept();
    expect(tlsFrom({}, tls)).toBeUndefined();
    expect(tlsFrom({ caCertificate: MASK, clientCert: MASK, clientKey: MASK }, tls)).toBeUndefined();
    expect(tlsFrom({ caCertificate: null, clientCert: null, clientKey: null }, tls)).toBeNull();
    const alone = withTls(NO_CREDENTIAL, { ca: pem.ca }).shape.tls;
    expect(tlsFrom({ caCertificate: MASK, clientCert: null, clientKey: null }, alone)).toBeUndefined();
  });

  it('tlsFrom refuses a part of what is kept, and a mask where nothing is', () => {
    expect(() => tlsFrom({ clientCert: pem.cert, clientKey: pem.key }, kept().tls)).toThrow(/caCertificate/);
    expect(() => tlsFrom({ ...members, clientKey: MASK }, kept().tls)).toThrow(/clientKey/);
    expect(() => tlsFrom({ caCertificate: MASK }, undefined)).toThrow(/no certificate/);
  });
});

describe('changedTls', () => {
  const bearer = { shape: { ...NO_CREDENTIAL.shape, authType: 'bearer' as const }, credential: { headers: {} } };

  it('changedTls keeps certificates and the rest of the credential together', () => {
    expect(changedTls(kept(), null, undefined)).toBeNull();
    expect(() => changedTls(kept(), bearer, undefined)).toThrow(/given again/);
    expect(changedTls(kept(), bearer, pem)?.credential).toEqual({ headers: {}, tls: pem });
    expect(changedTls(kept(), null, null)).toEqual(NO_CREDENTIAL);
    expect(changedTls(NO_CREDENTIAL.shape, null, null)).toBeNull();
    expect(changedTls(NO_CREDENTIAL.shape, bearer, null)).toBe(bearer);
    expect(changedTls(NO_CREDENTIAL.shape, null, { ca: pem.ca })?.shape.tls?.client).toBeNull();
    expect(() => changedTls(bearer.shape, null, pem)).toThrow(/given again/);
    expect(() => changedTls({ ...kept(), sealsAddress: true }, null, null)).toThrow(/given again/);
  });

  it('certificates are for https alone', () => {
    assertHasTls(pem, { transport: 'GRPC', url: 'https://a.example' });
    assertHasTls(null, { transport: 'STDIO', url: null });
    for (const place of [
      { transport: 'AUTO', url: 'http://a.example' },
      { transport: 'STDIO', url: null },
    ] as const)
      expect(() => assertHasTls(pem, place)).toThrow(/https/);
  });

  it('isAtServer lets a document be fetched with the certificates of its API alone', () => {
    expect(isAtServer('https://a.example/doc', 'https://a.example/v1')).toBe(true);
    expect(isAtServer('https://a.example/doc', null)).toBe(false);
    expect(isAtServer('https://b.example/doc', 'https://a.example/v1')).toBe(false);
    expect(isAtServer('no URL', 'no URL')).toBe(false);
  });
});
