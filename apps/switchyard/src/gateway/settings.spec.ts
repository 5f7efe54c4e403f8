import { describe, expect, it } from 'vitest';
import { type Option, parseConfig } from '#libs/config';
import { platformOptions } from '#libs/service';
import { parts } from './parts.js';

const sources: readonly Readonly<Record<string, Option<unknown>>>[] = [
  platformOptions,
  ...parts.map((part) => part.options as Readonly<Record<string, Option<unknown>>>),
];

describe('the settings of all services', () => {
  it.each(['0.5', '3600'])('accept TOOL_TIMEOUT=%s wherever it is read', (value) => {
    const readers = sources.filter((options) => 'TOOL_TIMEOUT' in options);
    expect(readers).toHaveLength(2);
    for (const options of readers)
      expect(parseConfig(options, { TOOL_TIMEOUT: value })).toMatchObject({ TOOL_TIMEOUT: Number(value) });
  });
});
