// npm run compose: the Compose file, with each of its profiles and with all, read by the library that Docker Compose reads it with: its
// schema, what is interpolated, and whether every service, secret, network and volume that is named is there. Needs Go, not Docker.
// COMPOSE_CACHE: where what is built is kept.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = join(root, 'docker/compose.yaml');
const cache = process.env.COMPOSE_CACHE ?? join(root, 'node_modules/.cache/compose');
const program = join(cache, 'compose-model');
const run = (command, args, options = {}) => spawnSync(command, args, { encoding: 'utf8', ...options });

mkdirSync(cache, { recursive: true });
const built = run('go', ['build', '-o', program, '.'], { cwd: join(root, 'scripts/deploy/compose-model') });
if (built.status !== 0) {
  console.error(`not checked: ${built.error?.message ?? built.stderr.trim()}`);
  process.exit(1);
}

const { services } = parse(readFileSync(file, 'utf8'), { merge: true });
const profiles = [...new Set(Object.values(services).flatMap(({ profiles: of = [] }) => of))];
let failed = 0;
for (const set of [[], ...profiles.map((one) => [one]), profiles]) {
  const { status, stdout, stderr } = run(program, [file, ...set]);
  const title = set.join(', ') || 'no profile';
  if (status === 0) console.log(`${title}: ${stdout.trim().split(' ').length} services`);
  else console.error(`FAILED: ${title}: ${stderr.trim()}`);
  failed += status === 0 ? 0 : 1;
}
process.exit(failed === 0 ? 0 : 1);
