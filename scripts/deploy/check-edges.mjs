// npm run edges: the examples of the edge for Envoy and Traefik, read with the types by which these read them. Needs Go; the first
// time takes minutes. EDGES_CACHE: where what is built is kept.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = process.env.EDGES_CACHE ?? join(root, 'node_modules/.cache/edges');
const program = join(cache, 'edge-model');
const run = (command, args, options = {}) => spawnSync(command, args, { stdio: 'inherit', ...options });

mkdirSync(cache, { recursive: true });
const built = run('go', ['build', '-o', program, '.'], { cwd: join(root, 'scripts/deploy/edge-model') });
if (built.status !== 0) {
  console.error('not checked: it cannot be built with Go');
  process.exit(1);
}
const { status } = run(program, ['deploy/envoy/envoy.yaml', 'deploy/traefik/dynamic.yaml'], { cwd: root });
console.log(status === 0 ? 'edges: all is well' : 'edges: failed');
process.exit(status ?? 1);
