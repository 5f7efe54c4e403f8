import { describe, expect, it } from 'vitest';
import { hasApp } from './app-link.ts';

describe('hasApp', () => {
  // As ingress reads them: `app-uri.spec.ts`.
  it.each([
    [{ ui: { resourceUri: 'ui://a' } }, true],
    [{ 'ui/resourceUri': 'ui://a' }, true],
    [{ ui: { visibility: ['model', 'app'] }, 'ui/resourceUri': 'ui://a' }, true],
    [{ ui: { resourceUri: 'ui://a' }, 'ui/resourceUri': 'ui://old' }, true],
    [{ ui: { resourceUri: 7 }, 'ui/resourceUri': 'ui://old' }, false],
    [{ ui: { resourceUri: 'https://a' }, 'ui/resourceUri': 'ui://old' }, false],
    [{ ui: 'ui://a' }, false],
    [null, false],
  ])('hasApp agrees with what ingress serves when the _meta of a tool is %j', (meta, has) => {
    expect(hasApp({ meta })).toBe(has);
  });
});
