import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { actingAs } from '../audit/actor.js';
import { GuardedPool } from './guarded-pool.js';

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const AUTHENTICATED = message('R', Buffer.alloc(4));
const READY = message('Z', Buffer.from('I'));
const FATAL = message('E', Buffer.from('SFATAL\0C57P02\0Mterminating connection\0\0'));

/** Lets everybody in and dies in the same breath, as a server does whose postmaster was killed. */
const givenDyingServer = async (): Promise<number> => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(Buffer.concat([AUTHENTICATED, READY, FATAL])));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};

it('the pool outlives a server that dies as soon as it has let us in', async () => {
  const port = await givenDyingServer();
  const pool = new GuardedPool({ host: '127.0.0.1', port, user: 'x', connectionTimeoutMillis: 2_000, prePing: true });
  pool.on('error', () => {});
  onTestFinished(() => pool.end());

  for (let time = 0; time < 3; time++) {
    const client = await pool.connect();
    await expect(client.query('SELECT 1')).rejects.toThrow(/terminat|not queryable/);
    client.release();
  }

  expect(pool.idleCount).toBe(0);
});

it('who listens to statements is told of one without who acts when somebody changes something', async () => {
  const port = await givenDyingServer();
  const told: string[] = [];
  const pool = new GuardedPool({
    host: '127.0.0.1',
    port,
    user: 'x',
    connectionTimeoutMillis: 2_000,
    prePing: false,
    onStatement: (statement) => told.push(statement),
  });
  pool.on('error', () => {});
  onTestFinished(() => pool.end());
  const client = await pool.connect();
  const change = "DELETE FROM notes.note WHERE text = 'old'";
  await actingAs({ kind: 'user', id: 'ann@example.com' }, async () => {
    await expect(client.query(change)).rejects.toThrow(/terminat|not queryable/);
  });
  client.release();
  expect(told).toEqual([change]);
});
