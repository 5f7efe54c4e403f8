import { expect, it } from 'vitest';
import { AllowedOrigins } from './allowed-origins.js';
import { BrowserGuard } from './browser-guard.js';

const guard = new BrowserGuard(['Mcp.example.com'], new AllowedOrigins(['https://app.example.com']));
const verdict = (host: string | undefined, origin?: string, by = guard): string =>
  by.refusal({ ...(host !== undefined && { host }), ...(origin !== undefined && { origin }) })?.code ?? 'in';

it.each([
  'localhost',
  'localhost:4444',
  '127.0.0.1:80',
  '[::1]:4444',
  '10.1.2.3:4444',
  '[fd00::7]',
  'MCP.example.com:443',
])('a request is let in when it is for %s', (host) => {
  expect(verdict(host)).toBe('in');
});

it.each([
  'evil.example',
  'evil.example:4444',
  'mcp.example.com.evil.example',
  'a b',
  '',
  '127.0.0.1.evil.example',
  undefined,
])('a request is refused when it is for %s', (host) => {
  expect(verdict(host)).toBe('http.host_refused');
});

it.each([
  ['http://localhost:3000', 'in'],
  ['https://app.example.com', 'in'],
  ['https://mcp.example.com', 'in'],
  ['https://evil.example', 'http.origin_refused'],
  ['https://mcp.example.com:8443', 'http.origin_refused'],
  ['null', 'http.origin_refused'],
])('a request of a page of %s: %s', (origin, expected) => {
  expect(verdict('mcp.example.com', origin)).toBe(expected);
});

it('a request is let in for any name when all are allowed', () => {
  expect(verdict('evil.example', undefined, new BrowserGuard(['*'], new AllowedOrigins([])))).toBe('in');
});
