import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { platformOptions } from '../platform.config.js';
import { locateNats } from './open-bus.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nats-'));
  for (const name of ['ca', 'creds']) writeFileSync(join(folder, name), `text of ${name}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const none = { NATS_CA_PATH: null, NATS_CERT_PATH: null, NATS_KEY_PATH: null, NATS_CREDS_PATH: null };

it('locateNats takes hosts and user apart', () => {
  expect(locateNats('nats://a:p%40@one, nats://two:5222', none)).toEqual({
    servers: ['one:4222', 'two:5222'],
    credentials: { user: 'a', password: 'p@' },
  });
  expect(locateNats('nats://token@one', none)).toMatchObject({ credentials: { token: 'token' } });
});

it('NATS_URL names further servers with or without a scheme', () => {
  const { parse } = platformOptions.NATS_URL;
  expect(parse('tls://a:b@one:4222, two:4222,127.0.0.1:4223')).toBe(
    'tls://a:b@one:4222,tls://two:4222,tls://127.0.0.1:4223',
  );
  expect(parse('nats://one,nats://two')).toBe('nats://one,nats://two');
  for (const wrong of ['one:4222', 'http://one', 'nats://one,http://two', 'nats://one,,nats://two'])
    expect(() => parse(wrong), wrong).toThrow();
});

it('locateNats encrypts where the URL says so, with what the files hold', () => {
  expect(locateNats('tls://one', none)).toEqual({ servers: ['one:4222'], tls: {} });
  expect(locateNats('tls://a:b@one', { ...none, NATS_CA_PATH: join(folder, 'ca') })).toMatchObject({
    tls: { ca: 'text of ca' },
    credentials: { user: 'a', password: 'b' },
  });
  expect(locateNats('tls://one', { ...none, NATS_CREDS_PATH: join(folder, 'creds') })).toMatchObject({
    credentials: { creds: 'text of creds' },
  });
});

it('locateNats refuses what contradicts itself', () => {
  expect(() => locateNats('tls://one,nats://two', none)).toThrow('either all servers are tls:, or none is');
  expect(() => locateNats('nats://one', { ...none, NATS_CA_PATH: join(folder, 'ca') })).toThrow(
    'NATS_CA_PATH is for TLS',
  );
  const creds = { ...none, NATS_CREDS_PATH: join(folder, 'creds') };
  expect(() => locateNats('tls://a:b@one', creds)).toThrow('give one of them');
  expect(() => locateNats('tls://one', { ...none, NATS_CREDS_PATH: join(folder, 'no') })).toThrow('cannot be read');
});
