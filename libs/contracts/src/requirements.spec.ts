import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Requirement {
  readonly id: string;
  readonly must: string;
  readonly spec: string;
  /** A test by file and title, or a scenario of the conformance suite as `<revision> <scenario>`. */
  readonly tests?: readonly ({ readonly file: string; readonly title: string } | { readonly conformance: string })[];
  /** Why the gateway does not offer this; the only way to go without a test. */
  readonly notOffered?: string;
}

const root = resolve(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8');
const requirements = JSON.parse(read('docs/protocol/requirements.json')) as Requirement[];
const suite = read('node_modules/@modelcontextprotocol/conformance/dist/index.js');
const failing = (
  JSON.parse(read('docs/protocol/expected-failures.json')) as { upstreams: string[]; checks: string[] }[]
).flatMap(({ upstreams, checks }) => (upstreams.includes('both') ? checks : []));

describe('the requirement manifest', () => {
  it('the requirement manifest names each requirement once, with its place in the specification', () => {
    const ids = requirements.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(80);
    for (const { id, spec } of requirements)
      expect(spec, id).toMatch(/^https:\/\/(modelcontextprotocol\.io|github\.com)\//);
  });

  it.each(requirements.map((requirement) => [requirement.id, requirement] as const))(
    '%s is claimed by a test that exists',
    (_, { tests = [], notOffered }) => {
      if (notOffered !== undefined) {
        expect(tests).toEqual([]);
        return;
      }
      expect(tests.length).toBeGreaterThan(0);
      for (const test of tests) {
        if ('file' in test) {
          expect(existsSync(resolve(root, test.file)), test.file).toBe(true);
          expect(read(test.file)).toContain(test.title);
        } else {
          const scenario = test.conformance.replace(/^\S+ /, '');
          expect(suite).toContain(scenario);
          const holes = failing.filter((check) => check.startsWith(`${scenario}:`));
          expect(holes, 'what fails over every upstream is no proof').toEqual([]);
        }
      }
    },
  );
});
