import { connect } from 'node:net';
import { Client } from 'pg';
import { type ProcessEnvironment, parseConfig } from '#libs/config';
import { redisClient, redisTls, cacheOptions } from '#libs/storage';
import { maskText } from '#libs/telemetry';
import { bad, codeOf, type Finding, ok } from './finding.js';

const TIMEOUT_MS = 5_000;

/** The stores that settings name: whether each answers, and its version. */
export const storeFindings = async (env: ProcessEnvironment): Promise<readonly Finding[]> => {
  const { DATABASE_URL, REDIS_URL, NATS_URL } = env;
  return Promise.all([
    DATABASE_URL
      ? finding('PostgreSQL', 'DATABASE_URL', () => postgresVersion(DATABASE_URL))
      : ok('PostgreSQL', 'its own'),
    REDIS_URL
      ? finding('Redis', 'REDIS_URL', () => redisVersion(REDIS_URL, env))
      : ok('Redis', 'none: kept in the process'),
    NATS_URL ? finding('NATS', 'NATS_URL', () => natsVersion(NATS_URL)) : ok('NATS', 'none: services of one process'),
  ]);
};

const finding = async (what: string, setting: string, version: () => Promise<string>): Promise<Finding> => {
  try {
    return ok(what, await version());
  } catch (error) {
    const { message } = error as Error;
    const words = [codeOf(error), message]
      .filter((text, at, all) => text !== '' && all.indexOf(text) === at)
      .join(', ');
    return bad(
      what,
      `does not answer (${maskText(words)})`,
      `see ${setting}, and whether it runs and lets this machine in`,
    );
  }
};

const postgresVersion = async (connectionString: string): Promise<string> => {
  const client = new Client({ connectionString, connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ readonly server_version: string }>('show server_version');
    return rows[0]?.server_version ?? 'of no version';
  } finally {
    await client.end().catch(() => undefined);
  }
};

const redisVersion = async (url: string, env: ProcessEnvironment): Promise<string> => {
  const client = redisClient(
    url,
    { connectTimeout: TIMEOUT_MS, commandTimeout: TIMEOUT_MS, maxRetriesPerRequest: 0, enableOfflineQueue: true },
    redisTls(parseConfig(cacheOptions, env)),
  );
  client.on('error', () => {});
  try {
    await client.connect();
    return /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? 'of no version';
  } finally {
    client.disconnect();
  }
};

/** NATS says who it is before it is asked. */
const natsVersion = async (urls: string): Promise<string> => {
  const { protocol, hostname, port } = new URL((urls.split(',', 1)[0] ?? '').trim());
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 4_222), timeout: TIMEOUT_MS });
  try {
    const line = await new Promise<string>((resolve, reject) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (text.includes('\n') || text.length > 65_536) resolve(text);
      });
      socket.once('error', reject);
      socket.once('timeout', () => reject(new Error('ETIMEDOUT')));
      socket.once('end', () => reject(new Error('it ended the connection')));
    });
    const [, info = ''] = /^INFO (\{.*\})/.exec(line) ?? [];
    const { version } = JSON.parse(info === '' ? '{}' : info) as { readonly version?: string };
    if (version === undefined) throw new Error(`what listens there is no NATS (${protocol}//${hostname})`);
    return version;
  } finally {
    socket.destroy();
  }
};
