import { describe, expect, it } from 'vitest';
import { statementSpan } from './statement-span.js';

describe('the span of a statement', () => {
  it.each([
    ['SELECT "a" FROM "registry"."gateway" "g" WHERE "id" = $1', 'SELECT registry.gateway'],
    ['\n  WITH x AS (SELECT 1) INSERT INTO metrics.calls VALUES ($1)', 'WITH metrics.calls'],
    ['/*by eyJraW5kIjoidXNlciJ9*/ UPDATE auth.users SET password = $2', 'UPDATE auth.users'],
    ['COMMIT', 'COMMIT'],
    ['', 'other'],
  ])('the span of a statement has its kind and its table as a name when it is %s', (statement, name) => {
    expect(statementSpan(statement).name).toBe(name);
  });

  it('the span of a statement holds no value when the statement has some', () => {
    const span = statementSpan("/*by cGxhbnRlZA==*/ SELECT 4711, 'from planted'");
    expect(JSON.stringify(span)).not.toMatch(/planted|4711|cGxhbn/);
  });
});
