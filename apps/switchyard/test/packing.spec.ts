import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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
    const example = execFileSync('tar', ['-xzOf', tarball, 'package/examples/mcp-catalog.yml'], { encoding: 'utf8' });
    expect(example).toBe(readFileSync(join(ROOT, 'examples/mcp-catalog.yml'), 'utf8'));
    // What comes along is somebody else's.
    const own = files.filter((file) => !file.startsWith('package/node_modules/'));
    expect(files).toContain('package/node_modules/swagger-ui-dist/swagger-ui-bundle.js');
    expect(own.filter((file) => /spec|test|\.ts$|\.map$|^package\/(apps|libs|bench)/.test(file))).toEqual([]);
    const manifest = execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' });
    const { dependencies } = JSON.parse(manifest) as { dependencies: Readonly<Record<string, string>> };
    expect(Object.keys(dependencies)).toEqual([
      '@grpc/grpc-js',
      'class-transformer',
      'class-validator',
      'ioredis',
      'jq-web',
      'msgpackr',
      'pg',
      'pino',
      'reflect-metadata',
      'swagger-ui-dist',
      'typeorm',
      'ws',
    ]);
    const notices = execFileSync('tar', ['-xzOf', tarball, 'package/THIRD-PARTY-NOTICES.md'], { encoding: 'utf8' });
    for (const name of ['fastify', '@nestjs/core', 'react', 'swagger-ui-dist']) {
      const [, notice = ''] = new RegExp(`^## ${name} \\S+\n([^]*?)(?=^## )`, 'm').exec(notices) ?? [];
      expect(notice, name).toMatch(/Licence: \S+\n\n {4}\S/);
    }
    expect(notices).not.toMatch(/^## (typeorm|vitest) /m);
  });
});
