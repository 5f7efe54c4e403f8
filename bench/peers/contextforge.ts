import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { freePort, startRedisServer } from '#libs/testing';
import { installPython, lacksPython, pythonIn } from './python.js';
import { type Peer, type PeerSubject, startProgram } from './peer.js';

const SOURCE = 'mcp-contextforge-gateway==1.1.0';
const PYTHON = '3.12';
const ADMIN = 'admin@example.com';
const READY_MS = 180_000;

interface Stores {
  readonly env: Readonly<Record<string, string>>;
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

const sqlite = async (folder: string): Promise<Stores> => ({
  env: { DATABASE_URL: `sqlite:///${path.join(folder, 'gateway.db')}`, CACHE_TYPE: 'memory' },
  pids: [],
  stop: async () => {},
});

const servers = async (folder: string): Promise<Stores> => {
  const logger = createLogger({ service: 'bench', level: 'silent' });
  const postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres'), logger });
  const redis = await startRedisServer();
  const { socketDir = '' } = postgres.location as { socketDir?: string };
  return {
    env: {
      DATABASE_URL: `postgresql+psycopg://postgres@/postgres?host=${encodeURIComponent(socketDir)}`,
      CACHE_TYPE: 'redis',
      REDIS_URL: redis.url,
    },
    pids: [postgres.pid, redis.pid],
    stop: async () => {
      await redis.stop();
      await postgres.stop();
    },
  };
};

/** Its limits on callers and its pages are off: neither is what is measured. */
const settingsOf = (port: number): Record<string, string> => ({
  HOST: '127.0.0.1',
  PORT: String(port),
  JWT_SECRET_KEY: randomBytes(32).toString('hex'),
  AUTH_ENCRYPTION_SECRET: randomBytes(32).toString('hex'),
  PLATFORM_ADMIN_EMAIL: ADMIN,
  ...Object.fromEntries(
    ['PLATFORM_ADMIN_PASSWORD', 'DEFAULT_USER_PASSWORD', 'BASIC_AUTH_PASSWORD'].map((name) => [
      name,
      `Aa1!${randomBytes(16).toString('hex')}`,
    ]),
  ),
  SSRF_ALLOW_LOCALHOST: 'true',
  RATE_LIMITING_ENABLED: 'false',
  MCPGATEWAY_UI_ENABLED: 'false',
  LOG_LEVEL: 'ERROR',
});

const start = async (folder: string, upstreamUrl: string, storesOf: typeof sqlite): Promise<PeerSubject> => {
  const home = fs.mkdtempSync(path.join(folder, 'run-'));
  const stores = await storesOf(home);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = settingsOf(port);
  const bin = pythonIn(folder);
  const server = await startProgram({
    command: path.join(bin, 'mcpgateway'),
    args: ['--host', '127.0.0.1', '--port', String(port)],
    cwd: home,
    env: { ...settings, ...stores.env },
    readyWithinMs: READY_MS,
    probe: async () => {
      const { status } = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) });
      if (status !== 200) throw new Error(`/health: ${status}`);
    },
  });
  const stop = async (): Promise<void> => {
    // Killed, it would leave its workers behind.
    await server.stop();
    await stores.stop();
    fs.rmSync(home, { recursive: true, force: true });
  };
  try {
    const token = await logIn(url, settings['PLATFORM_ADMIN_PASSWORD'] as string);
    const ask = async <Answer>(method: string, route: string, body?: object): Promise<Answer> => {
      const response = await fetch(`${url}${route}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text.slice(0, 500)}`);
      return JSON.parse(text) as Answer;
    };
    await ask('POST', '/gateways', { name: 'fast', url: upstreamUrl, transport: 'STREAMABLEHTTP' });
    const tools = await ask<readonly { id: string; name: string }[]>('GET', '/tools');
    const associated = tools.filter(({ name }) => name === 'fast-echo').map(({ id }) => id);
    const { id } = await ask<{ id: string }>('POST', '/servers', {
      server: { name: 'bench', associated_tools: associated },
    });
    const pids = [server.pid, ...stores.pids];
    return { urls: [`${url}/servers/${id}/mcp`], token, pids, toolPrefix: 'fast-', stop };
  } catch (error) {
    const { output } = server;
    await stop();
    throw new Error(`ContextForge could not be set up:\n${output.slice(-2_000)}`, { cause: error });
  }
};

const logIn = async (url: string, password: string): Promise<string> => {
  const response = await fetch(`${url}/auth/email/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: ADMIN, password }),
  });
  const text = await response.text();
  const { access_token: token } = (response.ok ? JSON.parse(text) : {}) as { access_token?: string };
  if (token === undefined) throw new Error(`log-in: ${response.status} ${text.slice(0, 500)}`);
  return token;
};

const contextForge = (name: string, storesOf: typeof sqlite, more: readonly string[] = []): Peer => ({
  name,
  source: SOURCE,
  eras: ['legacy', 'modern'],
  lacks: () => lacksPython(PYTHON),
  install: (folder) => installPython(folder, PYTHON, [SOURCE, ...more]),
  start: (folder, upstreamUrl) => start(folder, upstreamUrl, storesOf),
});

export const contextForgeOnSqlite = contextForge('ContextForge, SQLite', sqlite);

export const contextForgeOnServers = contextForge('ContextForge, Postgres and Redis', servers, [
  'psycopg[binary]',
  'redis',
]);
