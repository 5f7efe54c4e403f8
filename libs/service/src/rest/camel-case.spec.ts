import { describe, expect, it } from 'vitest';
import { toCamelCase } from './camel-case.js';

describe('names in requests', () => {
  it('names in requests may be in snake_case on the first two levels', () => {
    expect(
      toCamelCase({ team_id: 't', server: { associated_tools: ['a_b'], oauth_config: { client_id: 'kept' } } }),
    ).toEqual({
      teamId: 't',
      server: { associatedTools: ['a_b'], oauthConfig: { client_id: 'kept' } },
    });
  });

  it('names in requests are left alone inside what is not ours', () => {
    const foreign = {
      inputSchema: { a_b: { c_d: 1 } },
      output_schema: { a_b: 1 },
      arguments: { snake_case: 1 },
      env: { MY_VAR: 'x', my_var: 'y' },
      headers: { x_y: 'z' },
      _meta: { 'io.x/a_b': 1, a_b: 2 },
      annotations: { read_only: true },
      headerMapping: { a_b: 'c' },
    };
    const { output_schema, ...others } = foreign;
    expect(toCamelCase(foreign)).toEqual({ ...others, outputSchema: output_schema });
  });

  it('names in requests keep leading underscores, capitals and digits', () => {
    expect(toCamelCase({ _private: 1, SOME_NAME: 2, line_2: 3, a__b: 4 })).toEqual({
      _private: 1,
      SOME_NAME: 2,
      line2: 3,
      a__b: 4,
    });
  });

  it('names in requests are refused in two spellings at once', () => {
    expect(() => toCamelCase({ team_id: 1, teamId: 2 })).toThrow('"teamId" is given in two spellings');
  });

  it('names in requests reach into lists', () => {
    expect(toCamelCase([{ a_b: { c_d: { e_f: 1 } } }])).toEqual([{ aB: { cD: { e_f: 1 } } }]);
  });

  it.each([null, undefined, 'a_b', 7])('names in requests leave other bodies as they are: %j', (body) => {
    expect(toCamelCase(body)).toBe(body);
  });
});
