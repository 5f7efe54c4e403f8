import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT, temporaryFolder } from './gateway-process.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

describe('the package', () => {
  it('the package holds what runs and no test when it is packed', () => {
    const packed = execFileSync(process.execPath, [join(ROOT, 'scripts/pack.mjs'), folder.path], { encoding: 'utf8' });
    const tarball = join(folder.path, packed.trim());
    const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    expect(files).toContain('package/dist/bin/switchyard.js');
    expect(files).toContain('package/dist/admin-ui/index.html');
    expect(files.filter((file) => /spec|test|\.ts$|\.map$|^package\/(apps|libs|bench)/.test(file))).toEqual([]);
    const manifest = execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' });
    const { dependencies } = JSON.parse(manifest) as { dependencies: Readonly<Record<string, string>> };
    expect(dependencies).toHaveProperty('typeorm');
    expect(Object.keys(dependencies).filter((name) => /vitest|typescript|react/.test(name))).toEqual([]);
  });
});
