import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../../..');

/** What is waited for has at least so long to come; the default of this project is longer. */
const LIMIT_MS_MIN = 30_000;

const INSTEAD =
  'a machine that stands still for seconds makes it fail: tell what is meant by the order of events, by what was sent, by what ' +
  'still waits, by a count, or by a deadline that is far beyond and that the answer would name (docs/testing.md); what is to be ' +
  'fast is measured by npm run bench or npm run claims';

/** Specs that may do so, and why. */
const ALLOWED: Readonly<Record<string, string>> = {};

const CLOCK = /\b(?:performance\s*\.\s*now|Date\s*\.\s*now|hrtime(?:\s*\.\s*bigint)?|cpuUsage)\s*\(/;
const ELAPSED = /\b(?:took|elapsed|slowest)(?:Ms|Us|Seconds)\b/;
const UPPER = new Set(['toBeLessThan', 'toBeLessThanOrEqual']);
const SMALLER = new Set([ts.SyntaxKind.LessThanToken, ts.SyntaxKind.LessThanEqualsToken]);
/** What has none of it needs no parser. */
const CANDIDATE = new RegExp(`${CLOCK.source}|${ELAPSED.source}|\\btimeout: \\d|\\bvi\\.wait`);
const WAITS = /^(?:[\w.]*\.poll|vi\.waitFor|vi\.waitUntil)$/;

/** How long ago something was, wherever it stands in there; what is still to come is another matter. */
const isElapsed = (node: ts.Node): boolean =>
  (ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.MinusToken &&
    CLOCK.test(node.left.getText())) ||
  /\bcpuUsage\s*\(\s*[^)\s]/.test(node.getText()) ||
  ts.forEachChild(node, (child) => isElapsed(child) || undefined) === true;

/** Who goes on for so long judges nothing by it. */
const isLoopCondition = (node: ts.Node): boolean =>
  ((ts.isWhileStatement(node.parent) || ts.isDoStatement(node.parent)) && node.parent.expression === node) ||
  (ts.isForStatement(node.parent) && node.parent.condition === node);

/** How a spec judges something by the clock, or gives up on it early, as sentences. */
const judgedByClock = (source: string): string[] => {
  if (!CANDIDATE.test(source)) return [];
  const file = ts.createSourceFile('a.spec.ts', source, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const elapsed = new Set<string>();
  const isTimed = (node: ts.Node): boolean => {
    const text = node.getText();
    return isElapsed(node) || ELAPSED.test(text) || [...elapsed].some((name) => new RegExp(`\\b${name}\\b`).test(text));
  };
  const note = (node: ts.Node): void => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    found.push(`line ${line + 1}: ${node.getText().split('\n')[0]}`);
  };
  const look = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined && ts.isIdentifier(node.name)) {
      const isValue = !ts.isArrowFunction(node.initializer) && !ts.isFunctionExpression(node.initializer);
      if (isValue && isElapsed(node.initializer)) elapsed.add(node.name.text);
    }
    if (ts.isBinaryExpression(node) && SMALLER.has(node.operatorToken.kind as ts.SyntaxKind.LessThanToken))
      if (!isLoopCondition(node) && isTimed(node.left)) note(node);
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { name, expression: subject } = node.expression;
      if (UPPER.has(name.text) && ts.isCallExpression(subject) && subject.arguments.some(isTimed)) note(node);
      if (WAITS.test(node.expression.getText().replaceAll(/\s/g, ''))) {
        const [, ...options] = node.arguments;
        const texts = options.map((option) => option.getText());
        const limits = texts.map((text) => /^[\d_]+$/.exec(text)?.[0] ?? /\btimeout: ([\d_]+)/.exec(text)?.[1]);
        if (limits.some((limit) => limit !== undefined && Number(limit.replaceAll('_', '')) < LIMIT_MS_MIN)) note(node);
      }
    }
    ts.forEachChild(node, look);
  };
  look(file);
  return found;
};

describe('the rule that no test is judged by the clock', () => {
  it.each([
    'expect(performance.now() - startedAtMs).toBeLessThan(8_000);',
    'expect.soft(Date.now() - before).toBeLessThanOrEqual(100);',
    'const tookUs = process.cpuUsage(before).user;\nexpect(tookUs).toBeLessThan(900);',
    'const ms = performance.now() - from;\nexpect(ms).toBeLessThan(WITHIN_MS);',
    'for (const { tookMs } of endings) expect(tookMs).toBeLessThan(DEADLINE_MS);',
    'expect(performance.now() - from < 500).toBe(true);',
    'const isQuick = Date.now() - from <= 50;',
    'await expect.poll(heard, { timeout: 1_000, interval: 5 }).toBe(2);',
    'await vi.waitFor(() => expect(waiting).toBe(1), { timeout: 5_000 });',
    'await vi.waitUntil(() => isThere, 2_000);',
  ])('a test that is judged by the clock is found when it is written as %j', (sin) => {
    expect(judgedByClock(sin)).toHaveLength(1);
  });

  it.each([
    'expect(bytes).toBeLessThan(1_000);',
    'expect(Date.now() - startedAtMs).toBeGreaterThan(1_000);',
    'while (Date.now() < giveUpAtMs) await sleep(20);',
    'while (process.cpuUsage(used).user < 100_000);',
    'const at = performance.now() - 5;',
    'expect(Date.parse(expiresAt) - Date.now()).toBeLessThan(86_400_000);',
    'await expect.poll(heard, { interval: 5 }).toBe(2);',
    'await expect.poll(heard, { timeout: 120_000 }).toBe(2);',
    'await vi.waitFor(() => expect(waiting).toBe(1));',
  ])('a test that waits or counts is left alone when it is written as %j', (innocent) => {
    expect(judgedByClock(innocent)).toEqual([]);
  });

  it('no test of this project is judged by the clock, or gives up on what is waited for early', () => {
    const files = globSync('{apps,libs,deploy,bench,parties}/**/*.spec.ts', {
      cwd: root,
      exclude: ['**/node_modules/**', 'libs/testing/src/rules/clock-rules.spec.ts'],
    });
    expect(files.length).toBeGreaterThan(300);
    const found = files
      .filter((file) => ALLOWED[file] === undefined)
      .flatMap((file) => judgedByClock(readFileSync(join(root, file), 'utf8')).map((sin) => `${file}, ${sin}`));
    expect(found, INSTEAD).toEqual([]);
  });
});
