import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
type Read = (path: string) => string;

const isExported = (statement: ts.Statement): boolean =>
  ts.canHaveModifiers(statement) &&
  (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);

const namesIn = (statement: ts.Statement): string[] => {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = statement as ts.Statement & { readonly name?: ts.Node };
  return name === undefined ? [] : [name.getText()];
};

/** One overload of a function may speak for all. */
const documented = ({ statements }: ts.SourceFile): ReadonlySet<string> =>
  new Set(statements.filter((statement) => ts.getJSDocCommentsAndTags(statement).length > 0).flatMap(namesIn));

/** The exports of a door (an `index.ts`) that have no docstring where they are declared, as `file: name`. */
const undocumented = (door: string, read: Read): string[] => {
  const parsed = new Map<string, ts.SourceFile>();
  const sourceOf = (path: string): ts.SourceFile => {
    const source = parsed.get(path) ?? ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
    parsed.set(path, source);
    return source;
  };
  /** Those of `path` that are among `wanted`; all of them without it. What comes from elsewhere has a door of its own. */
  const missing = (path: string, wanted?: ReadonlySet<string>): string[] =>
    sourceOf(path).statements.flatMap((statement) => {
      if (ts.isExportDeclaration(statement)) return missingBehind(path, statement, wanted);
      if (!isExported(statement)) return [];
      const names = namesIn(statement).filter((name) => wanted === undefined || wanted.has(name));
      return names.filter((name) => !documented(sourceOf(path)).has(name)).map((name) => `${path}: ${name}`);
    });
  const missingBehind = (path: string, statement: ts.ExportDeclaration, wanted?: ReadonlySet<string>): string[] => {
    const from = statement.moduleSpecifier;
    if (from === undefined || !ts.isStringLiteral(from) || !from.text.startsWith('.')) return [];
    const behind = join(dirname(path), from.text.replace(/\.js$/, '.ts'));
    const clause = statement.exportClause;
    if (clause === undefined || !ts.isNamedExports(clause)) return missing(behind, wanted);
    const named = clause.elements.filter(({ name }) => wanted === undefined || wanted.has(name.text));
    return missing(behind, new Set(named.map(({ name, propertyName }) => (propertyName ?? name).text)));
  };
  return missing(door);
};

describe('the doors', () => {
  it('the doors document each of their exports when they are read', () => {
    const all = globSync(['apps/*/src/**/index.ts', 'libs/*/src/**/index.ts'], { cwd: root });
    // What serves tests alone is read by whoever reads the test.
    const doors = all.filter((path) => !path.startsWith('libs/testing/'));
    expect(doors.length).toBeGreaterThan(25);
    const read: Read = (path) => readFileSync(join(root, path), 'utf8');
    expect(doors.flatMap((door) => undocumented(door, read)).sort()).toEqual([]);
  });

  it('the rule of the doors catches its planted violations when an export says nothing of itself', () => {
    const files: Record<string, string> = {
      'index.ts': "export { told, silent as mute } from './a.js';\nexport * from './b.js';\nexport const here = 1;",
      'a.ts': '/** Says what it is. */\nexport const told = 1;\nexport const silent = 2;\nexport const inner = 3;',
      'b.ts':
        '/** Says what it is. */\nexport interface Told {}\n// oxlint-disable-next-line\nexport type Silent = string;',
    };
    expect(undocumented('index.ts', (path) => files[path] ?? '')).toEqual([
      'a.ts: silent',
      'b.ts: Silent',
      'index.ts: here',
    ]);
  });
});
