import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { ChildServer, canConnect } from '../child-server.js';
import { freePort } from '../free-port.js';
import { startRedisServer } from '../redis-server.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type Gateway, type GatewayOptions, type GatewayProcess, SERVICES, type Service } from './gateway.js';
import { GatewayHandle } from './gateway-handle.js';
import { GatewaySecrets } from './gateway-secrets.js';
import { layMigratedDatabase } from './migrated-database.js';
import { PATIENT_STORES } from './patient-stores.js';
import { startSprayingFront } from './spraying-front.js';

/** From the sources as from the build: the folder that holds both. */
const root = (() => {
  let at = path.dirname(fileURLToPath(import.meta.url));
  while (!fs.existsSync(path.join(at, 'package.json'))) at = path.dirname(at);
  return at;
})();

/** What `npm start` and the image give to Node. */
const nodeFlags = (checkout: string): string[] => {
  const { scripts } = JSON.parse(fs.readFileSync(path.join(checkout, 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
};

/** Ten processes at once, on a busy machine. */
const READY_WITHIN_MS = 400_000;

/** Starts a gateway from `dist/`; `npm run build` first. */
export const startGateway = (options: GatewayOptions): Promise<Gateway> =>
  options.mode === 'embedded' ? startEmbedded(options) : startDistributed(options);

const common = {
  HOST: '127.0.0.1',
  LOG_LEVEL: 'warn',
  SSRF_ALLOW_LOCALHOST: 'true',
  MCPGATEWAY_STDIO_TRANSPORT_ENABLED: 'true',
};

const mainOf = (checkout: string, app: GatewayProcess['service']): string => {
  // What a benchmark is against may be older than the folder, and than the name.
  const former = app === 'switchyard' ? ['apps/standalone/src/main.js'] : [];
  const places = [`bin/${app}.js`, `apps/${app}/src/main.js`, ...former].map((file) =>
    path.join(checkout, 'dist', file),
  );
  const main = places.find((place) => fs.existsSync(place));
  if (main === undefined) throw new Error(`${places[0]} is missing: run npm run build first`);
  return main;
};

/** Programs write where the tests read; for that they have to be the tests' user, in their sandbox all the same. */
const OF_PROGRAMS: Record<string, string> = process.getuid?.() === 0 ? { STDIO_USER: '0:0' } : {};

const startProcess = async (
  app: GatewayProcess['service'],
  replica: number,
  env: Record<string, string>,
  checkout = root,
): Promise<GatewayProcess> => {
  const port = env['PORT'] === undefined ? await freePort() : Number(env['PORT']);
  const url = `http://127.0.0.1:${port}`;
  const main = mainOf(checkout, app);
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
  const server = new ChildServer({
    command: process.execPath,
    args: [...nodeFlags(checkout), main],
    cwd: checkout,
    env: { PATH, HOME, NODE_COMPILE_CACHE, ...common, ...PATIENT_STORES, ...OF_PROGRAMS, ...env, PORT: String(port) },
    probe: () => isReady(url),
    readyWithinMs: READY_WITHIN_MS,
  });
  await server.start();
  return { service: app, replica, url, server };
};

const isReady = async (url: string): Promise<void> => {
  const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(30_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} is not ready: ${text}`);
};

const startEmbedded = async ({ env = {}, folder: checkout }: GatewayOptions): Promise<Gateway> => {
  const folder = temporaryFolder('gateway');
  const secrets = new GatewaySecrets();
  const settings = {
    ...secrets.environment,
    SWITCHYARD_DATA_DIR: path.join(folder, 'data'),
    // Commands of whoever runs the tests do not find it.
    XDG_CONFIG_HOME: path.join(folder, 'config'),
    ...env,
  };
  if (checkout === undefined && env['SWITCHYARD_DATA_DIR'] === undefined)
    await layMigratedDatabase(root, path.join(folder, 'data', 'postgres'));
  const everything = await startProcess('switchyard', 0, settings, checkout);
  return GatewayHandle.of({
    url: everything.url,
    processes: [everything],
    secrets,
    closers: [() => fs.rmSync(folder, { recursive: true, force: true })],
  });
};

const startDistributed = async ({
  replicas = 1,
  env = {},
  prepare,
  envOf = () => ({}),
  natsThrough = async (_service, port) => port,
  signingKey,
  frontPort,
  folder: checkout,
}: GatewayOptions): Promise<Gateway> => {
  const closers: (() => Promise<void> | void)[] = [];
  const processes: GatewayProcess[] = [];
  const giveUp = async (): Promise<void> => {
    await Promise.allSettled(processes.map(({ server }) => server.kill()));
    for (const close of closers.reverse()) await close();
  };
  try {
    const folder = temporaryFolder('gateway');
    closers.push(() => fs.rmSync(folder, { recursive: true, force: true }));
    const logger = createLogger({ service: 'testing', level: 'error' });
    const dataDir = path.join(folder, 'postgres');
    // Who prepares a database begins with an empty one.
    if (checkout === undefined && prepare === undefined) await layMigratedDatabase(root, dataDir);
    const postgres = await startEmbeddedPostgres({ dataDir, logger });
    closers.push(() => postgres.stop());
    await prepare?.(postgres);
    const redis = await startRedisServer();
    closers.push(() => redis.stop());
    const nats = await startNats();
    closers.push(() => nats.server.kill());

    const { socketDir } = postgres.location as { socketDir: string };
    const secrets = new GatewaySecrets(signingKey);
    const shared = {
      ...secrets.environment,
      REDIS_URL: redis.url,
      DATABASE_URL: `postgres://postgres@localhost/postgres?host=${encodeURIComponent(socketDir)}`,
    };
    const start = async (service: Service, replica: number): Promise<void> => {
      const SWITCHYARD_DATA_DIR = path.join(folder, `${service}-${replica}`);
      const NATS_URL = `nats://127.0.0.1:${await natsThrough(service, nats.port)}`;
      const settings = { ...shared, NATS_URL, SWITCHYARD_DATA_DIR, ...env, ...envOf(service) };
      processes.push(await startProcess(service, replica, settings, checkout));
    };
    const numbers = Array.from({ length: replicas }, (_, replica) => replica);
    const started = await Promise.allSettled(
      SERVICES.flatMap((service) => numbers.map((replica) => start(service, replica))),
    );
    for (const outcome of started) if (outcome.status === 'rejected') throw outcome.reason;

    const urlsOf = (service: Service): string[] =>
      processes.filter((process) => process.service === service).map(({ url }) => url);
    const front = await startSprayingFront(urlsOf, frontPort);
    closers.push(() => front.stop());
    return await GatewayHandle.of({
      url: front.url,
      processes,
      secrets,
      nats: nats.server,
      natsMonitorUrl: nats.monitorUrl,
      redis,
      postgres,
      closers,
    });
  } catch (error) {
    await giveUp();
    throw error;
  }
};

const startNats = async (): Promise<{ port: number; monitorUrl: string; server: ChildServer }> => {
  const [port, monitorPort] = await Promise.all([freePort(), freePort()]);
  const server = new ChildServer({
    command: 'nats-server',
    args: ['-a', '127.0.0.1', '-p', String(port), '-m', String(monitorPort)],
    probe: () => canConnect(port),
  });
  await server.start();
  return { port, monitorUrl: `http://127.0.0.1:${monitorPort}`, server };
};
