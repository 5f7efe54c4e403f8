/**
 * Runs the tests of the bus on the newest NATS server that is known to work, built with Go: `npm run test:nats`, or
 * `npm run test:nats -- v2.12.15` for another version. On the server of the PATH they run with all other tests.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { tmpdir } from 'node:os';

const NEWEST = 'v2.15.3';
const SPECS = ['libs/bus/src', 'apps/auth/test/replicas.nats.spec.ts'];

const version = process.argv[2] ?? NEWEST;
if (!/^v2\.\d+\.\d+$/.test(version)) {
  console.error(`"${version}" is no version of nats-server, which is for instance ${NEWEST}`);
  process.exit(2);
}
if (spawnSync('go', ['version']).status !== 0) {
  console.error('Go is not installed, so that no other NATS server can be built: https://go.dev/dl/');
  process.exit(1);
}

const folder = join(tmpdir(), `switchyard-nats-server-${version}`);
mkdirSync(folder, { recursive: true });
const run = (program, args, env) => {
  const { status } = spawnSync(program, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  if (status !== 0) process.exit(status ?? 1);
};
run('go', ['install', `github.com/nats-io/nats-server/v2@${version}`], { GOBIN: folder });
const path = { PATH: `${folder}${delimiter}${process.env.PATH ?? ''}` };
run('nats-server', ['--version'], path);
run('npx', ['vitest', 'run', '--project', 'integration', ...SPECS], path);
