// `npm run verify`: every check that starts no server. Side by side where they do not need each other, since the import
// rules, the build and the pages each keep one core busy, and lint and types all that there are; the unit tests, some of
// which watch a clock, come last and alone. Ends with the first check that fails, and prints what that said.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const LANES = [
  ['lint', 'typecheck'],
  ['rooms', 'lint:unused', 'build', 'docs:check'],
];

const running = new Set();

/** Resolves with what it printed; rejects with that when it fails. In a process group of its own, to be ended as a whole. */
const run = (script) => {
  const child = spawn('npm', ['run', '-s', script], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  running.add(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      if (code === 0) resolve(said);
      else reject(new Error(said));
    });
  });
};

const endAll = () => {
  for (const { pid } of running)
    try {
      process.kill(-pid, 'SIGTERM');
    } catch {
      // It has ended by itself.
    }
};
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    endAll();
    process.exit(130);
  });

const secondsSince = (start) => ((performance.now() - start) / 1_000).toFixed(1);

const follow = async (lane) => {
  for (const script of lane) {
    const start = performance.now();
    const said = await run(script).catch((error) => {
      throw new Error(`${error.message}\nverify: ${script} failed`);
    });
    process.stdout.write(`${said}verify: ${script}, ${secondsSince(start)} s\n`);
  }
};

try {
  await Promise.all(LANES.map(follow));
} catch (error) {
  endAll();
  console.error(error.message);
  process.exit(1);
}
const units = spawn('npx', ['--no-install', 'vitest', 'run', '--project', 'unit'], { cwd: root, stdio: 'inherit' });
units.once('close', (code) => process.exit(code ?? 1));
