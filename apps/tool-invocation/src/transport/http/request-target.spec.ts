import { describe, expect, it } from 'vitest';
import { RequestTarget } from './request-target.js';

describe('where requests to one endpoint go', () => {
  it.each([
    ['a path', '/mcp/', true, '/mcp/'],
    ['the same place', '/mcp', false, '/mcp'],
    ['another origin', 'http://other.example/mcp/', false, '/mcp'],
    ['nothing', undefined, false, '/mcp'],
  ])(
    'RequestTarget follows a redirect when it leads elsewhere on the same origin: %s',
    (_what, location, follows, path) => {
      const target = new RequestTarget(new URL('http://weather.example/mcp'), '/mcp');
      expect(target.follow('/mcp', 307, location)).toBe(follows);
      expect(target.path).toBe(path);
    },
  );

  it.each(['/other', '?x=y', 'connector://weather/other', 'connector://other', 'http://127.0.0.1/mcp'])(
    'RequestTarget follows nothing when the upstream is behind a connector: %s',
    (location) => {
      const target = new RequestTarget(new URL('connector://weather'), '');
      for (const status of [307, 308]) expect(target.follow('', status, location)).toBe(false);
      expect(target.path).toBe('');
    },
  );
});
