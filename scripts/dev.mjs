// `npm run dev`: rebuilds on every change and restarts the embedded gateway. Ctrl-C ends both. `npm run dev -- --inspect` opens
// a port for a debugger.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = `${root}dist/apps/switchyard/src/main.js`;
const run = (args) => spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });

const compiler = run([
  'node_modules/typescript-native/bin/tsc',
  '-p',
  'tsconfig.build.json',
  '--watch',
  '--preserveWatchOutput',
]);
while (!existsSync(entry)) await sleep(200);
const given = process.argv.slice(2);
const isForNode = (arg) => arg.startsWith('--inspect');
const flags = ['--watch', '--enable-source-maps', ...given.filter(isForNode)];
const gateway = run([...flags, entry, ...given.filter((arg) => !isForNode(arg))]);

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    compiler.kill(signal);
    gateway.kill(signal);
  });
}
