// `npm run dev:services`: NATS, Redis, a PostgreSQL and the five services, each a process of its own on its default port, with
// its name before each line. Rebuilds on every change; a service restarts when a file that it has loaded changes. Ctrl-C ends all.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = process.env.SWITCHYARD_DATA_DIR ?? join(root, '.switchyard', 'services');
const SERVICES = ['auth', 'registry', 'metrics', 'tool-invocation', 'ingress'];
const LABEL_WIDTH = Math.max(...SERVICES.map((name) => name.length));
const STOP_MS = 15_000;

const children = new Map();
let isStopping = false;

const labelled = (name, stream) =>
  createInterface({ input: stream }).on('line', (line) => console.log(`${name.padEnd(LABEL_WIDTH)} | ${line}`));

const run = (name, command, args, env = {}) => {
  // In a process group of its own: a Ctrl-C is for this script, which ends the others in order.
  const options = { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true };
  const child = spawn(command, args, options);
  children.set(name, child);
  labelled(name, child.stdout);
  labelled(name, child.stderr);
  child.once('error', (error) => stop(`${name} cannot be started: ${error.message}`));
  child.once('exit', (code, signal) => {
    children.delete(name);
    if (!isStopping) void stop(`${name} has ended (${signal ?? code})`);
  });
};

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** The same secrets each time, so that tokens and credentials stay good. */
const environmentFile = join(folder, 'env');
const secretsOf = () => {
  const names = ['JWT_SECRET_KEY', 'AUTH_ENCRYPTION_SECRET'];
  const kept = existsSync(environmentFile) ? readFileSync(environmentFile, 'utf8') : '';
  return Object.fromEntries(
    names.map((name) => [
      name,
      new RegExp(`^${name}=(.+)$`, 'm').exec(kept)?.[1] ?? randomBytes(48).toString('base64url'),
    ]),
  );
};

let database;
const stop = async (reason) => {
  if (isStopping) return;
  isStopping = true;
  if (reason !== undefined) console.error(`dev:services: ${reason}`);
  const names = [...SERVICES, 'build', 'redis', 'nats'];
  for (const group of [names.slice(0, SERVICES.length), names.slice(SERVICES.length)]) {
    for (const name of group) children.get(name)?.kill('SIGTERM');
    const endsAtMs = Date.now() + STOP_MS;
    while (group.some((name) => children.has(name)) && Date.now() < endsAtMs) await sleep(50);
    for (const name of group) children.get(name)?.kill('SIGKILL');
  }
  await database?.stop();
  process.exit(reason === undefined ? 0 : 1);
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop());

mkdirSync(folder, { recursive: true, mode: 0o700 });
const compiler = ['node_modules/typescript-native/bin/tsc', '-p', 'tsconfig.build.json'];
run('build', process.execPath, [...compiler, '--watch', '--preserveWatchOutput']);
while (!existsSync(join(root, 'dist/apps/ingress/src/main.js'))) await sleep(200);

const { startEmbeddedPostgres } = await import(join(root, 'dist/libs/storage/src/index.js'));
const { createLogger } = await import(join(root, 'dist/libs/telemetry/src/index.js'));
const logger = createLogger({ service: 'postgres', level: 'warn', to: 'stderr' });
database = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), logger });

const [natsPort, redisPort] = [await freePort(), await freePort()];
run('nats', 'nats-server', ['-a', '127.0.0.1', '-p', String(natsPort)]);
run('redis', 'redis-server', ['--bind', '127.0.0.1', '--port', String(redisPort), '--save', '', '--dir', folder]);

const shared = {
  ...secretsOf(),
  NATS_URL: `nats://127.0.0.1:${natsPort}`,
  REDIS_URL: `redis://127.0.0.1:${redisPort}/0`,
  DATABASE_URL: `postgres://postgres@localhost/postgres?host=${encodeURIComponent(database.location.socketDir)}`,
};
const lines = Object.entries(shared).map(([name, value]) => `${name}=${value}`);
writeFileSync(environmentFile, `${lines.join('\n')}\n`, { mode: 0o600 });
for (const name of SERVICES) {
  const main = join(root, 'dist/apps', name, 'src/main.js');
  run(name, process.execPath, ['--watch', '--watch-preserve-output', '--enable-source-maps', main], {
    ...shared,
    SWITCHYARD_DATA_DIR: join(folder, name),
  });
}
console.log(`A token: node --env-file=${environmentFile} scripts/start.mjs token create --user me@example.com --admin`);
