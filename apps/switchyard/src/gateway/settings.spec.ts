import { describe, expect, it } from 'vitest';
import { type Option, parseConfig } from '#libs/config';
import { platformOptions } from '#libs/service';
import { parts } from './parts.js';

const sources: readonly Readonly<Record<string, Option<unknown>>>[] = [
  platformOptions,
  ...parts.map((part) => part.options as Readonly<Record<string, Option<unknown>>>),
];

describe('the settings of all services', () => {
  it('the settings of all services are declared once each', () => {
    const declarations = new Map<string, Set<Option<unknown>>>();
    for (const options of sources) {
      for (const [name, option] of Object.entries(options))
        declarations.set(name, (declarations.get(name) ?? new Set()).add(option));
    }
    const twice = [...declarations].filter(([, options]) => options.size > 1).map(([name]) => name);
    expect(twice).toEqual([]);
  });

  it.each([
    ['auto', 'auto'],
    ['true', true],
    ['off', false],
  ])(
    'the settings of all services accept MCPGATEWAY_STDIO_TRANSPORT_ENABLED=%s wherever it is read',
    (value, meant) => {
      const name = 'MCPGATEWAY_STDIO_TRANSPORT_ENABLED';
      const readers = sources.filter((options) => name in options);
      expect(readers).toHaveLength(2);
      for (const options of readers) expect(parseConfig(options, { [name]: value })).toMatchObject({ [name]: meant });
    },
  );

  it.each(['0.5', '3600'])('the settings of all services accept TOOL_TIMEOUT=%s wherever it is read', (value) => {
    const readers = sources.filter((options) => 'TOOL_TIMEOUT' in options);
    expect(readers).toHaveLength(2);
    for (const options of readers)
      expect(parseConfig(options, { TOOL_TIMEOUT: value })).toMatchObject({ TOOL_TIMEOUT: Number(value) });
  });
});
