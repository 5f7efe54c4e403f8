import { describe, expect, it } from 'vitest';
import { servedUrl } from './other-names.js';

describe('servedUrl', () => {
  it.each([
    ['/v1/mcp-servers', '/v1/gateways'],
    ['/v1/mcp-servers/abc/state?activate=true', '/v1/gateways/abc/state?activate=true'],
    ['/v1/mcp-servers?limit=1', '/v1/gateways?limit=1'],
    ['/v1/virtual-servers', '/v1/servers'],
    ['/v1/virtual-servers/abc/tools', '/v1/servers/abc/tools'],
    ['/v1/virtual-servers/abc/mcp', '/servers/abc/mcp'],
    ['/v1/virtual-servers/abc/sse?x=1', '/servers/abc/sse?x=1'],
    ['/v1/virtual-servers/abc/message?sessionId=x', '/servers/abc/message?sessionId=x'],
    ['/v1/virtual-servers/a%2Fb/ws', '/servers/a%2Fb/ws'],
    ['/v1/servers/abc/mcp', '/servers/abc/mcp'],
    ['/v1/servers/abc/a2a', '/servers/abc/a2a'],
    ['/v1/virtual-servers/abc/.well-known/agent-card.json', '/servers/abc/.well-known/agent-card.json'],
    ['/v1/version', '/version'],
    ['/openapi.json', '/docs-json'],
  ])('servedUrl leads %s to %s', (url, served) => {
    expect(servedUrl(url)).toBe(served);
  });

  it.each([
    '/mcp',
    '/servers/abc/mcp',
    '/v1/gateways',
    '/v1/servers/abc/mcpx',
    '/v1/servers/abc/tools',
    '/v1/mcp-serversx',
    '/v1/virtual-serversx/abc/mcp',
    '/x/v1/mcp-servers',
    '/v1/versions',
    '//v1/mcp-servers',
    '',
  ])('servedUrl leaves %s as it is', (url) => {
    expect(servedUrl(url)).toBe(url);
  });
});
