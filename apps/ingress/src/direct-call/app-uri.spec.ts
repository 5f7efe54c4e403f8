import { describe, expect, it } from 'vitest';
import { appUriOf } from './app-uri.js';

describe('the app of a tool', () => {
  // As the console reads them: `app-link.spec.ts`.
  it.each([
    [{ ui: { resourceUri: 'ui://a' } }, 'ui://a'],
    [{ 'ui/resourceUri': 'ui://a' }, 'ui://a'],
    [{ ui: { visibility: ['model', 'app'] }, 'ui/resourceUri': 'ui://a' }, 'ui://a'],
    [{ ui: { resourceUri: 'ui://a' }, 'ui/resourceUri': 'ui://old' }, 'ui://a'],
    [{ ui: { resourceUri: 7 }, 'ui/resourceUri': 'ui://old' }, null],
    [{ ui: { resourceUri: 'https://a' }, 'ui/resourceUri': 'ui://old' }, null],
    [{ ui: 'ui://a' }, null],
    [null, null],
  ])('the app of a tool is found as the console finds it when its _meta is %j', (_meta, uri) => {
    expect(appUriOf(JSON.stringify({ name: 'a', _meta }))).toBe(uri);
  });
});
