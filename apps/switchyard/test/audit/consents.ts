import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Gateway } from '#libs/testing';
import type { AuditedClient } from './audited-client.js';

/** A consent upstream is given, and ended, with the client that was registered for it. */
export const changeConsents = async (admin: AuditedClient, gateway: Gateway): Promise<void> => {
  const server = createServer((request, response) => {
    const issuer = `http://${request.headers.host}`;
    const metadata = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      registration_endpoint: `${issuer}/register`,
      code_challenge_methods_supported: ['S256'],
    };
    const answers: Readonly<Record<string, object>> = {
      '/.well-known/oauth-authorization-server': metadata,
      '/register': { client_id: 'registered' },
      '/token': { access_token: 'given', token_type: 'Bearer' },
    };
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    request.resume().once('end', () => response.end(JSON.stringify(answer ?? {})));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const { id } = await admin.send('POST /gateways', 'gateway.created', {
      body: {
        name: 'personal',
        url: `${origin}/mcp`,
        auth_type: 'oauth',
        oauth_config: { grant_type: 'authorization_code', issuer: origin },
      },
    });
    const begun = await fetch(`${gateway.url}/oauth/authorize/${id}`, {
      redirect: 'manual',
      headers: { authorization: `Bearer ${gateway.adminToken}` },
    });
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state');
    const [cookie = ''] = (begun.headers.get('set-cookie') ?? '').split(';', 1);
    const back = await fetch(`${gateway.url}/oauth/callback/${id}?code=c&state=${state}`, { headers: { cookie } });
    if (!back.ok) throw new Error(await back.text());
    const params = { gatewayId: id };
    await admin.send('DELETE /oauth/connections/{gatewayId}', 'upstream_consent.deleted', { params });
    const { clients } = await admin.send('GET /oauth/registered-clients', '');
    await admin.send('DELETE /oauth/registered-clients/{clientId}', 'upstream_client.deleted', {
      params: { clientId: clients[0].id },
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
};
