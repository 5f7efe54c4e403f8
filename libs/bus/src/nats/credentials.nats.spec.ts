import { nkeys } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLogger } from '#libs/telemetry';
import { type NatsServer, startNatsServer } from '../../../testing/src/nats-server.js';
import { connectNats } from '../index.js';

type KeyPair = ReturnType<typeof nkeys.createUser>;

const logger = createLogger({ service: 'test', level: 'silent' });
const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()];

/** https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt */
const claim = (issuer: KeyPair, of: KeyPair, nats: object): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(Date.now() / 1_000);
  const claims = { jti: 'x', iat, iss: issuer.getPublicKey(), sub: of.getPublicKey(), name: 'test', nats };
  const signed = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part(claims)}`;
  return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString('base64url')}`;
};
const anyNumber = { subs: -1, data: -1, payload: -1 };
const limits = { ...anyNumber, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };

const credsFile = (of: KeyPair): string =>
  [
    '-----BEGIN NATS USER JWT-----',
    claim(account, user, { ...anyNumber, pub: {}, sub: {}, type: 'user', version: 2 }),
    '------END NATS USER JWT------',
    '',
    '-----BEGIN USER NKEY SEED-----',
    Buffer.from(of.getSeed()).toString(),
    '------END USER NKEY SEED------',
    '',
  ].join('\n');

let server: NatsServer;
beforeAll(async () => {
  server = await startNatsServer({
    config: `
      operator: ${claim(operator, operator, { type: 'operator', version: 2 })}
      resolver: MEMORY
      resolver_preload: { ${account.getPublicKey()}: ${claim(operator, account, { limits, type: 'account', version: 2 })} }`,
  });
});
afterAll(() => server.stop());

it('the bus is let in by the file of credentials, and not by another seed nor without one', async () => {
  const enter = async (creds?: string): Promise<string> => {
    const credentials = creds === undefined ? {} : { credentials: { creds } };
    try {
      const bus = await connectNats({ servers: server.url, name: 'auth', logger, maxRetries: 0, ...credentials });
      await bus.drain();
      return 'in';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(await enter(credsFile(user))).toBe('in');
  expect(await enter(credsFile(nkeys.createUser()))).toBe('bus.disconnected');
  expect(await enter()).toBe('bus.disconnected');
});
