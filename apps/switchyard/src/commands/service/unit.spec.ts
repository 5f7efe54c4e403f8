import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { unitFile } from './unit.js';

const folder = mkdtempSync(join(tmpdir(), 'switchyard-unit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Where there is no systemd, nothing starts a unit either, and nothing of it can say what it makes of one.
const isThere = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('the unit of systemd', () => {
  it.each([true, false])(
    'the unit names the program word by word when its path is odd (of the system: %s)',
    (isSystem) => {
      const unit = unitFile({
        command: ['/opt/a b/node', 'say "hi" 100%', '$HOME'],
        isSystem,
        path: '/opt/$x:/usr/bin',
      });
      expect(unit).toContain('ExecStart="/opt/a b/node" "say \\"hi\\" 100%%" "$$HOME"\n');
      expect(unit).toContain('Environment="PATH=/opt/$x:/usr/bin"\n');
      expect(unit).toContain('Type=notify');
      expect(unit.includes('DynamicUser=yes')).toBe(isSystem);
    },
  );

  it.skipIf(!isThere).each([true, false])(
    'systemd has nothing against the unit when it reads it (of the system: %s)',
    (isSystem) => {
      const file = join(folder, 'switchyard.service');
      writeFileSync(file, unitFile({ command: [process.execPath, '--version'], isSystem, path: '/usr/bin' }));
      const { stderr } = spawnSync('systemd-analyze', ['verify', ...(isSystem ? [] : ['--user']), file], {
        encoding: 'utf8',
      });
      expect(stderr.split('\n').filter((line) => line.includes('switchyard.service'))).toEqual([]);
    },
  );

  it.skipIf(!isThere)('systemd finds the gateway of the system well walled off when it looks at its unit', () => {
    const file = join(folder, 'switchyard.service');
    writeFileSync(file, unitFile({ command: [process.execPath, '--version'], isSystem: true, path: '/usr/bin' }));
    // Of a hundred, less is better: what is beyond is the network, and the namespaces of the programs' walls.
    const { stdout, status } = spawnSync(
      'systemd-analyze',
      ['security', '--offline=true', '--no-pager', '--threshold=30', file],
      { encoding: 'utf8' },
    );
    expect(status, stdout).toBe(0);
  });
});
