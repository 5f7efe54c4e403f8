import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';

const root = resolve(import.meta.dirname, '../../../..');
const run = promisify(execFile);
const LINES = Array.from({ length: 26 }, (_, at) => `  if (at === ${at}) return ${at + 1};`);

/** One planted sin per gate: what the tool says of it → the source. */
const lintSins: Record<string, string> = {
  'Unused oxlint-disable directive': '// oxlint-disable-next-line no-console\nexport const kept = 1;',
  'eslint(complexity)': `export const many = (at: number): number => {\n${LINES.join('\n')}\n  return at;\n};`,
  'eslint(max-params)':
    'export const wide = (a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7): unknown => [a, b, c, d, e, f, g];',
  'eslint(no-console)': "console.log('sin');",
};

const typeSins: Record<string, string> = {
  noUnusedLocals: 'export {};\nconst unused = 1;',
  noImplicitReturns: 'export const some = (it: boolean): number | undefined => {\n  if (it) return 1;\n};',
  exactOptionalPropertyTypes: 'export const some: { readonly it?: string } = { it: undefined };',
};
const ERROR_CODES: Record<string, string> = {
  noUnusedLocals: 'TS6133',
  noImplicitReturns: 'TS7030',
  exactOptionalPropertyTypes: 'TS2375',
};

const fileOf = (sin: string): string => `apps/auth/src/${sin.replaceAll(/\W+/g, '-')}.ts`;

describe('the lint rules and the compiler options', () => {
  let tree: string;
  let lintOutput: string;
  let typeOutput: string;
  let knipOutput: string;

  const outputOf = async (program: string, ...args: string[]): Promise<string> => {
    const running = run(process.execPath, [join(root, 'node_modules', program), ...args], { cwd: tree });
    const { stdout } = await running.catch((error: { stdout: string }) => error);
    return stdout;
  };

  beforeAll(async () => {
    tree = temporaryFolder('lint');
    const sins = Object.entries({ ...lintSins, ...typeSins });
    const planted = {
      ...Object.fromEntries(sins.map(([sin, source]) => [fileOf(sin), source])),
      'apps/auth/src/main.ts': sins
        .map(([sin]) => `import './${fileOf(sin).slice('apps/auth/src/'.length, -3)}.js';`)
        .join('\n'),
      'apps/auth/src/nobody.ts': 'export const nobody = 1;',
    };
    for (const [path, source] of Object.entries(planted)) {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await writeFile(join(tree, path), `${source}\n`);
    }
    for (const file of ['package.json', 'tsconfig.json', '.oxlintrc.json', 'knip.jsonc']) {
      await cp(join(root, file), join(tree, file));
    }
    await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
    lintOutput = await outputOf('oxlint/bin/oxlint', '--format=json', 'apps');
    typeOutput = await outputOf(
      'typescript-native/bin/tsc',
      '-p',
      'tsconfig.json',
      '--noEmit',
      '--incremental',
      'false',
    );
    knipOutput = await outputOf('knip/bin/knip.js', '--no-progress');
  });

  afterAll(() => rm(tree, { recursive: true, force: true }));

  it.each(Object.keys(lintSins))('%s catches its planted violation', (sin) => {
    const { diagnostics } = JSON.parse(lintOutput) as {
      diagnostics: { code?: string; message: string; filename: string }[];
    };
    const found = diagnostics.filter(({ filename }) => filename === fileOf(sin));
    expect(found.map(({ code = '', message }) => `${code} ${message}`).join('\n')).toContain(sin);
  });

  it.each(Object.keys(typeSins))('%s catches its planted violation', (sin) => {
    expect(typeOutput).toMatch(new RegExp(`${fileOf(sin)}.*error ${ERROR_CODES[sin]}`));
  });

  it('knip catches files and dependencies that nothing uses', () => {
    expect(knipOutput).toContain('apps/auth/src/nobody.ts');
    expect(knipOutput).toMatch(/Unused dependencies .*\n(?:.*\n)*?fastify /);
  });

  it('every rule that is switched off has its reason in a comment before it', async () => {
    const lines = (await readFile(join(root, '.oxlintrc.json'), 'utf8')).split('\n');
    const unexplained = lines.filter((line, at) => line.includes('"off"') && !lines[at - 1]?.trim().startsWith('//'));
    expect(unexplained).toEqual([]);
  });
});
