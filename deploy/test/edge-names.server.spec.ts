import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './backend.js';
import { type Edge, startEdge } from './edge.js';

const SERVICES = ['ingress', 'auth', 'registry', 'tool-invocation', 'metrics'] as const;

let edge: Edge;
const backends: Backend[] = [];

beforeAll(async () => {
  const addresses: Partial<Record<(typeof SERVICES)[number], readonly string[]>> = {};
  for (const service of SERVICES) {
    const backend = await startBackend((request, response) => {
      request.resume().once('end', () => response.end(JSON.stringify(`${service} ${request.url}`)));
    });
    backends.push(backend);
    addresses[service] = [backend.address];
  }
  edge = await startEdge({ addresses });
});
afterAll(async () => {
  await edge?.stop();
  for (const backend of backends) await backend.stop();
});

describe('the edge', () => {
  it.each([
    ['/mcp', 'ingress'],
    ['/servers/x/mcp', 'ingress'],
    ['/servers/x/rpc', 'ingress'],
    ['/v1/virtual-servers/x/mcp', 'ingress'],
    ['/v1/virtual-servers/x/sse', 'ingress'],
    ['/v1/virtual-servers/x/message?sessionId=1', 'ingress'],
    ['/.well-known/oauth-protected-resource/servers/x/mcp', 'ingress'],
    ['/protocol/initialize', 'ingress'],
    ['/v1/protocol/completion/complete', 'ingress'],
    ['/', 'ingress'],
    ['/version', 'ingress'],
    ['/v1/version', 'ingress'],
    ['/v1/virtual-servers', 'registry'],
    ['/v1/virtual-servers/x/tools', 'registry'],
    ['/v1/mcp-servers/x/state', 'registry'],
    ['/openapi.json', 'registry'],
    ['/redoc', 'registry'],
    ['/oauth/status?gateway_ids=x', 'registry'],
    ['/oauth/fetch-tools/x', 'registry'],
    ['/oauth/authorize/x', 'auth'],
    ['/oauth/callback?code=x', 'auth'],
    ['/oauth/callback/x?code=x', 'auth'],
    ['/oauth/client-metadata/x.json', 'auth'],
    ['/v1/gateways/x/impact-preview', 'registry'],
    ['/servers/x/test-handshake', 'registry'],
    ['/v1/tools/preview/a%2Fb', 'ingress'],
    ['/tools/x', 'registry'],
    ['/admin/users', 'auth'],
    ['/v1/logging/setLevel', 'auth'],
    ['/health/security', 'auth'],
    ['/metrics/reset?entity=tool', 'metrics'],
    ['/v1/admin/mcp-pool/metrics', 'tool-invocation'],
    ['/connectors/join?name=x', 'tool-invocation'],
    ['/v1/connectors', 'auth'],
    ['/connectors/x', 'auth'],
    ['/v1/changes/x/approve', 'registry'],
    ['/settings/auth', 'auth'],
    ['/v1/settings/tool-invocation', 'tool-invocation'],
  ])('the edge leads %s to %s', async (path, service) => {
    expect(await (await fetch(`${edge.url}${path}`)).text()).toBe(JSON.stringify(`${service} ${path}`));
  });
});
