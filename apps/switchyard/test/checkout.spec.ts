import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GatewayProcess, processesAt, ROOT, temporaryFolder } from './gateway-process.js';

const NOBODY = 65_534;
const LEFT_OUT = new Set(['node_modules', 'dist', 'test', '.switchyard', 'out']);

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const giveTo = (path: string, uid: number): void => {
  chownSync(path, uid, uid);
  chmodSync(path, 0o755);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) giveTo(join(path, entry.name), uid);
  }
};

/** The sources as git has them, below a path with spaces; the dependencies are shared. */
const checkOut = (uid: number | undefined): string => {
  const root = join(folder.path, 'a check out');
  mkdirSync(root);
  for (const name of [
    'apps',
    'libs',
    'scripts',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ]) {
    cpSync(join(ROOT, name), join(root, name), { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
  }
  if (uid === undefined) symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  else {
    giveTo(root, uid);
    linkDependencies(root);
  }
  return root;
};

/** Another user may not get through the folders above this checkout, so each file is linked, or else copied. */
const linkDependencies = (root: string): void => {
  const from = join(ROOT, 'node_modules');
  const link = spawnSync('cp', ['-a', '--link', from, root]);
  const result = link.status === 0 ? link : spawnSync('cp', ['-a', from, root]);
  if (result.status !== 0) throw new Error(String(result.stderr));
};

const isRoot = process.getuid?.() === 0;
it.each(isRoot ? [undefined, NOBODY] : [undefined])(
  'a checkout below a path with spaces builds itself, starts, and starts again at once (user %s)',
  async (uid) => {
    const root = checkOut(uid);
    for (const builds of [true, false]) {
      const gateway = await GatewayProcess.start({
        root,
        cwd: root,
        ...(uid !== undefined && { uid, env: { HOME: root } }),
      });
      let built = false;
      gateway.child.stderr?.on('data', (chunk) => {
        built ||= String(chunk).includes('building');
      });
      await gateway.ready();
      expect(built).toBe(builds);
      expect((await fetch(`${gateway.url}/ready`)).status).toBe(200);
      expect(await gateway.kill('SIGINT')).toBe(0);
      await expect.poll(() => processesAt(root)).toEqual([]);
    }
  },
  240_000,
);

it('a checkout is built again, and only then, when its sources, its packages or how they are bundled have changed', () => {
  const root = folder.path;
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  const files = ['apps/a.ts', 'libs/l.ts', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  for (const file of files) write(file, '{}');
  write('node_modules/typescript/bin/tsc', '');
  write('scripts/build-admin-ui.mjs', 'export const isUpToDate = () => true;');
  write(
    'scripts/bundle.mjs',
    `import { mkdirSync, writeFileSync } from 'node:fs';
    mkdirSync('dist/bin', { recursive: true });
    writeFileSync('dist/bin/switchyard.js', '');`,
  );
  copyFileSync(join(ROOT, 'scripts/start.mjs'), join(root, 'scripts/start.mjs'));
  const builds = (): boolean => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/start.mjs'], { cwd: root, encoding: 'utf8' });
    expect([status, stderr.replace('switchyard: building …\n', '')]).toEqual([0, '']);
    return stderr !== '';
  };
  expect([builds(), builds()]).toEqual([true, false]);
  for (const file of ['apps/a.ts', 'package-lock.json', 'scripts/bundle.mjs']) {
    appendFileSync(join(root, file), ' ');
    expect([file, builds(), builds()]).toEqual([file, true, false]);
  }
});
