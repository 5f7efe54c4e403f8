import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../../..');
const TOPOLOGY = 'libs/contracts/topology.json';

/** One planted sin per rule: path → source. */
const sins: Record<string, { path: string; source: string }> = {
  'a-process-is-an-island': {
    path: 'apps/ingress/src/sin-island.ts',
    source: "export type { Kept } from '../../auth/src/kept.js';",
  },
  'libs-never-look-up': { path: 'libs/bus/src/sin-up.ts', source: "import '../../../apps/auth/src/kept.js';" },
  'front-door-only': { path: 'apps/auth/src/sin-door.ts', source: "import '../../../libs/bus/src/kept.js';" },
  'contracts-by-name': { path: 'apps/auth/src/sin-name.ts', source: "import '#libs/contracts';" },
  'libs-use-front-doors': { path: 'libs/service/src/sin-door.ts', source: "import '../../bus/src/kept.js';" },
  'pure-libs-stay-pure': { path: 'libs/mcp/src/sin-pure.ts', source: "import 'node:fs';" },
  'revisions-are-strangers': {
    path: 'libs/mcp/src/server-side/revision/r2025-06-18.ts',
    source: "import './r2025-11-25.js';",
  },
  'rooms-of-ingress-have-doors': {
    path: 'apps/ingress/src/pipeline/sin-door.ts',
    source: "import '../routing/kept.js';",
  },
  'faces-are-strangers': {
    path: 'apps/ingress/src/faces/rpc/sin-face.ts',
    source: "import '../mcp-ws/kept.js';",
  },
  'dialects-are-strangers': {
    path: 'apps/tool-invocation/src/conversation/modern/sin.ts',
    source: "import '../legacy/kept.js';",
  },
  'test-stays-in-test': { path: 'libs/bus/src/sin-test.ts', source: "import './kept.spec.js';" },
  // A cycle is reported once, from the file that comes first.
  'no-cycles': { path: 'libs/bus/src/cycle-a.ts', source: "import './cycle-b.js';" },
  'no-cycles of types': {
    path: 'libs/bus/src/type-cycle-a.ts',
    source: "import type { B } from './type-cycle-b.js'; export type A = B;",
  },
  'lib-ranks-errors': { path: 'libs/errors/src/sin-rank.ts', source: "import '#libs/bus';" },
  'metrics-talks-only-along-the-arrows': {
    path: 'apps/metrics/src/sin-arrow.ts',
    source: "import '#contracts/tool-invocation/kept.event';",
  },
  'house-door-looks-only-ahead': { path: 'apps/house/src/door/sin-root.ts', source: "import '../house.js';" },
  'house-hall-looks-only-ahead': { path: 'apps/house/src/hall/sin-beside.ts', source: "import '../stairs/kept.js';" },
  'house-stairs-looks-only-ahead': {
    path: 'apps/house/src/stairs/sin-back.ts',
    source: "export type { Kept } from '../door/kept.js';",
  },
  'house-cellar-looks-only-ahead': { path: 'apps/house/src/cellar/sin-up.ts', source: "import '../hall/kept.js';" },
  'house-pipes-looks-only-ahead': { path: 'apps/house/src/pipes/sin-out.ts', source: "import '../cellar/kept.js';" },
  'house-wires-looks-only-ahead': { path: 'apps/house/src/wires/sin-back.ts', source: "import '../pipes/kept.js';" },
  'house-rooms-are-named': { path: 'apps/house/src/attic/sin-unnamed.ts', source: "import '../cellar/kept.js';" },
};

/** The rooms of an app that stands only in this test. */
const rooms = { order: [['door'], ['hall', 'stairs'], ['cellar']], shared: ['pipes', 'wires'] };

const innocents: Record<string, string> = {
  'apps/ingress/src/routing/kept.ts': 'export const kept = 1;',
  'apps/ingress/src/faces/mcp-ws/kept.ts': 'export const kept = 1;',
  'apps/auth/src/kept.ts': 'export type Kept = 1;',
  'libs/bus/src/kept.ts': 'export const kept = 1;',
  'libs/bus/src/kept.spec.ts': 'export const kept = 1;',
  'libs/bus/src/index.ts': "export { kept } from './kept.js';",
  'libs/bus/src/type-cycle-b.ts': "import type { A } from './type-cycle-a.js'; export type B = A;",
  'libs/bus/src/cycle-b.ts': "import './cycle-a.js';",
  'libs/mcp/src/server-side/revision/r2025-11-25.ts': 'export const kept = 1;',
  'apps/tool-invocation/src/conversation/legacy/kept.ts': "import './beside.js';",
  'apps/tool-invocation/src/conversation/legacy/beside.ts': 'export const kept = 1;',
  'libs/contracts/src/index.ts': 'export const kept = 1;',
  'libs/contracts/src/tool-invocation/kept.event.ts': 'export const kept = 1;',
  'apps/house/src/house.ts': "import './door/kept.js'; import './pipes/kept.js';",
  'apps/house/src/house.settings.ts': 'export const kept = 1;',
  'apps/house/src/door/kept.ts': "import '../house.settings.js'; import '../stairs/kept.js'; export type Kept = 1;",
  'apps/house/src/door/kept.spec.ts': "import '../house.js';",
  'apps/house/src/hall/kept.ts': "import './beside.js'; import '../pipes/kept.js';",
  'apps/house/src/hall/beside.ts': "import '../cellar/kept.js';",
  'apps/house/src/stairs/kept.ts': "import '../wires/kept.js';",
  'apps/house/src/cellar/kept.ts': "import '../house.settings.js';",
  'apps/house/src/pipes/kept.ts': "import '../wires/kept.js';",
  'apps/house/src/wires/kept.ts': 'export const kept = 1;',
};

describe('the import rules', () => {
  let tree: string;
  let broken: Set<string>;
  let cruised: number;

  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), 'switchyard-rules-'));
    const files = { ...innocents, ...Object.fromEntries(Object.values(sins).map((sin) => [sin.path, sin.source])) };
    for (const [path, source] of Object.entries(files)) {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await writeFile(join(tree, path), `${source}\n`);
    }
    for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.mjs']) {
      await cp(join(root, file), join(tree, file));
    }
    const topology = JSON.parse(await readFile(join(root, TOPOLOGY), 'utf8')) as { rooms: object };
    await writeFile(join(tree, TOPOLOGY), JSON.stringify({ ...topology, rooms: { house: rooms } }));
    await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
    const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
    const run = promisify(execFile)(
      process.execPath,
      [cruiser, '--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'apps', 'libs'],
      { cwd: tree, maxBuffer: 32 << 20 },
    );
    const { stdout } = await run.catch((error: { stdout: string }) => error);
    const report = JSON.parse(stdout) as {
      summary: { totalCruised: number; violations: { from: string; rule: { name: string } }[] };
    };
    cruised = report.summary.totalCruised;
    broken = new Set(report.summary.violations.map(({ rule, from }) => `${rule.name} ${from}`));
  });

  afterAll(() => rm(tree, { recursive: true, force: true }));

  it('the import rules see every file', () => {
    expect(cruised).toBeGreaterThanOrEqual(Object.keys(sins).length + Object.keys(innocents).length);
  });

  it('the import rules let pass what they allow', () => {
    const sinful = new Set(Object.entries(sins).map(([rule, { path }]) => `${rule} ${path}`));
    expect([...broken].filter((found) => !sinful.has(found) && found.includes('apps/house/'))).toEqual([]);
  });

  it.each(Object.entries(sins))('%s catches its planted violation', (rule, { path }) => {
    expect([...broken]).toContain(`${rule.split(' ', 1)[0]} ${path}`);
  });
});
