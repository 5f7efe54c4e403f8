import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Gateway } from '#libs/testing';
import { AuditedClient, type SentRequest } from './audited-client.js';
import { changeConsents } from './consents.js';

const PASSWORD = 'correct horse battery staple 7';
const SECOND_PASSWORD = 'another horse, other battery 8';

/** Changes everything that REST changes, by every route that changes something. */
export const changeEverything = async (
  mailFolder: string,
  gateway: Gateway,
  upstreamUrl: string,
  agentUrl: string,
  /** Has the ledger forget all tools, so that what comes back is new to it. */
  forgetTools: () => Promise<unknown>,
): Promise<readonly SentRequest[]> => {
  const admin = new AuditedClient(gateway.url, gateway.adminToken);
  const ann = await changeUsers(admin);
  await changeAccounts(admin, mailFolder);
  await changeTeams(admin, ann);
  await changeRoles(admin);
  await changeProviders(admin);
  await changeDirectory(admin);
  await changeCatalog(admin, upstreamUrl, forgetTools);
  await changeAgents(admin, agentUrl);
  await changeConsents(admin, gateway);
  await admin.send('POST /logging/setLevel', 'log_level.changed', { body: { level: 'warning' } });
  await admin.send('POST /metrics/reset', 'metrics.reset');
  await admin.send('POST /calls/erase', 'person.erased', { body: { user: 'nobody@example.org' } });
  return admin.sent;
};

/** What people do with their accounts by themselves. */
const changeAccounts = async (admin: AuditedClient, mailFolder: string): Promise<void> => {
  const email = 'zoe@example.org';
  await admin.send('POST /auth/email/register', 'user.created', { body: { email, password: PASSWORD } });
  await admin.send('POST /auth/email/forgot-password', 'password_reset.created', { body: { email } });
  const link = async (): Promise<string> => {
    const mails = await readdir(mailFolder).catch(() => []);
    const texts = await Promise.all(mails.map((name) => readFile(join(mailFolder, name), 'utf8')));
    const text = texts.join('').replaceAll(/=\r?\n/g, '');
    return /reset-password\/([\w-]+)/.exec(text)?.[1] ?? '';
  };
  await expect.poll(link).not.toBe('');
  await admin.send('POST /auth/email/reset-password/{token}', 'user.changed', {
    params: { token: await link() },
    body: { new_password: SECOND_PASSWORD, confirm_password: SECOND_PASSWORD },
  });
  await admin.send('POST /auth/email/admin/users/{email}/unlock', 'user.unlocked', { params: { email } });
};

/** Answers a token of Ann. */
const changeUsers = async (admin: AuditedClient): Promise<{ readonly token: string }> => {
  const users = '/auth/email/admin/users';
  const params = { email: 'ann@example.org' };
  await admin.send(`POST ${users}`, 'user.created', { body: { ...params, password: PASSWORD, full_name: 'Ann' } });
  await admin.send(`POST ${users}`, 'user.created', { body: { email: 'bob@example.org' } });
  await admin.send(`POST ${users}`, 'user.created', { body: { email: 'eve@example.org' } });
  await admin.send(`PATCH ${users}/{email}`, 'user.changed', { params, body: { full_name: 'Ann A.' } });
  await admin.send(`PUT ${users}/{email}`, 'user.changed', { params, body: { full_name: 'Ann B.' } });
  await admin.send(`DELETE ${users}/{email}`, 'user.deleted', { params: { email: 'eve@example.org' } });

  const login = { ...params, password: PASSWORD };
  await admin.send('POST /auth/email/login', 'login.succeeded', { body: login });
  const session = await admin.send('POST /auth/login', 'login.succeeded', { body: login });
  const own = { token: session.access_token };
  const token = await admin.send('POST /tokens', 'token.created', { ...own, body: { name: 'ci' } });
  const other = await admin.send('POST /tokens', 'token.created', { ...own, body: { name: 'cd' } });
  const link = await admin.send('POST /tokens/{id}/hand-over', 'token.handed_over', {
    ...own,
    params: { id: token.token.id },
    body: { token: token.access_token },
  });
  await admin.send('POST /tokens/take', 'token.taken', {
    token: null,
    headers: { 'x-switchyard-ui': '1' },
    body: { code: link.code },
  });
  await admin.send('PUT /tokens/{id}', 'token.changed', {
    ...own,
    params: { id: token.token.id },
    body: { tags: ['ci'] },
  });
  await admin.send('DELETE /tokens/{id}', 'token.revoked', { ...own, params: { id: token.token.id } });
  await admin.send('DELETE /tokens/admin/{id}', 'token.revoked', { params: { id: other.token.id } });
  const { connector } = await admin.send('POST /connectors', 'connector.created', {
    body: { name: 'office', upstreams: ['weather'] },
  });
  await admin.send('DELETE /connectors/{id}', 'connector.revoked', { params: { id: connector.id } });
  const registered = await admin.send('POST /auth/clients', 'machine_client.created', {
    body: { name: 'nightly', scopes: ['mcp:tools'] },
  });
  await admin.send('DELETE /auth/clients/{id}', 'token.revoked', { params: { id: registered.client.client_id } });
  const passwords = { old_password: PASSWORD, new_password: SECOND_PASSWORD };
  await admin.send('POST /auth/email/change-password', 'user.changed', { ...own, body: passwords });
  const logIn = async () =>
    (await admin.send('POST /auth/login', 'login.succeeded', { body: { ...params, password: SECOND_PASSWORD } }))
      .access_token;
  await admin.send('POST /auth/logout', 'revocation.created', { token: await logIn() });
  const page = { token: null, headers: { 'x-switchyard-ui': '1' } };
  await admin.send('POST /auth/console/login', 'login.succeeded', {
    ...page,
    body: { ...params, password: SECOND_PASSWORD },
  });
  const inPage = () => ({ token: null, headers: { ...page.headers, cookie: admin.cookie } });
  await admin.send('POST /auth/console/renew', 'revocation.created', inPage());
  await admin.send('POST /auth/console/logout', 'revocation.created', inPage());
  const others = { token: await logIn() };
  const [open] = await admin.send('GET /auth/sessions', '', others);
  const last = { token: await logIn() };
  await admin.send('DELETE /auth/sessions/{id}', 'token.revoked', { ...last, params: { id: open.id } });
  await admin.send('DELETE /auth/sessions', 'token.revoked', last);
  await logIn();
  await admin.send(`DELETE ${users}/{email}/sessions`, 'token.revoked', { params });
  return { token: await logIn() };
};

const changeTeams = async (admin: AuditedClient, ann: { readonly token: string }): Promise<void> => {
  const team = await admin.send('POST /teams', 'team.created', { body: { name: 'Makers', visibility: 'public' } });
  const params = { teamId: team.id };
  const member = { ...params, email: 'bob@example.org' };
  await admin.send('POST /tokens/teams/{teamId}', 'token.created', { params, body: { name: 'of the team' } });
  await admin.send('PUT /teams/{teamId}', 'team.changed', { params, body: { description: 'of tools' } });
  await admin.send('POST /teams/{teamId}/members', 'membership.created', {
    params,
    body: { email: 'bob@example.org' },
  });
  await admin.send('PUT /teams/{teamId}/members/{email}', 'membership.changed', {
    params: member,
    body: { role: 'owner' },
  });
  await admin.send('DELETE /teams/{teamId}/members/{email}', 'membership.deleted', { params: member });

  const invite = () =>
    admin.send('POST /teams/{teamId}/invitations', 'invitation.created', {
      params,
      body: { email: 'ann@example.org' },
    });
  const { id: invitationId } = await invite();
  await admin.send('DELETE /teams/invitations/{invitationId}', 'invitation.deleted', { params: { invitationId } });
  const { token } = await invite();
  await admin.send('POST /teams/invitations/{token}/accept', 'membership.created', { ...ann, params: { token } });
  await admin.send('DELETE /teams/{teamId}/leave', 'membership.deleted', { ...ann, params });

  const join = () => admin.send('POST /teams/{teamId}/join', 'join_request.created', { ...ann, params, body: {} });
  const refused = await join();
  await admin.send('DELETE /teams/{teamId}/join-requests/{requestId}', 'join_request.deleted', {
    params: { ...params, requestId: refused.id },
  });
  const approved = await join();
  await admin.send('POST /teams/{teamId}/join-requests/{requestId}/approve', 'membership.created', {
    params: { ...params, requestId: approved.id },
  });
  await admin.send('POST /teams/{teamId}/members', 'membership.created', {
    params,
    body: { email: 'bob@example.org', role: 'owner' },
  });
  const ofBob = await admin.send('POST /tokens', 'token.created', {
    body: {
      name: 'of Bob',
      user_email: 'bob@example.org',
      scope: { permissions: ['teams.create', 'teams.manage_members', 'tokens.create', 'tools.read'] },
    },
  });
  const offered = await admin.send('POST /tokens/teams/{teamId}', 'token.created', {
    token: ofBob.access_token,
    params,
    body: { name: 'of Ann', user_email: 'ann@example.org', scope: { permissions: ['tools.read'] } },
  });
  await admin.send('POST /tokens/{id}/accept', 'token.changed', { ...ann, params: { id: offered.token.id } });
  await admin.send('DELETE /teams/{teamId}', 'team.deleted', { params });
};

const changeRoles = async (admin: AuditedClient): Promise<void> => {
  const role = await admin.send('POST /rbac/roles', 'role.created', {
    body: { name: 'reader', scope: 'global', permissions: ['tools.read'] },
  });
  const params = { roleId: role.id };
  const assigned = { ...params, email: 'ann@example.org' };
  await admin.send('PUT /rbac/roles/{roleId}', 'role.changed', { params, body: { permissions: ['servers.read'] } });
  await admin.send('POST /rbac/users/{email}/roles', 'role_assignment.created', {
    params: assigned,
    body: { role_id: role.id, scope: 'global' },
  });
  await admin.send('DELETE /rbac/users/{email}/roles/{roleId}', 'role_assignment.deleted', {
    params: assigned,
    query: 'scope=global',
  });
  await admin.send('DELETE /rbac/roles/{roleId}', 'role.deleted', { params });
};

const changeAgents = async (admin: AuditedClient, endpointUrl: string): Promise<void> => {
  const agent = await admin.send('POST /a2a', 'gateway.created', { body: { agent: { name: 'baker', endpointUrl } } });
  const params = { id: agent.id };
  await admin.send('PUT /a2a/{id}', 'gateway.changed', { params, body: { description: 'bakes' } });
  await switchOff(admin, 'a2a', 'gateway', agent.id);
  await admin.send('DELETE /a2a/{id}', 'gateway.deleted', { params });
};

const changeProviders = async (admin: AuditedClient): Promise<void> => {
  const path = '/auth/sso/admin/providers';
  const one = { params: { id: 'okta' } };
  const issuer = 'https://acme.okta.com';
  await admin.send(`POST ${path}`, 'sso_provider.created', {
    body: { id: 'okta', issuer, client_id: 'gateway', client_secret: 'tok-5d2ab9c4', trusted_domains: ['example.org'] },
  });
  await admin.send(`PUT ${path}/{id}`, 'sso_provider.changed', { ...one, body: { is_enabled: false } });
  await admin.send(`DELETE ${path}/{id}`, 'sso_provider.deleted', one);
};

/** What the company's directory changes. */
const changeDirectory = async (admin: AuditedClient): Promise<void> => {
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
  const userName = 'max@example.org';
  const user = await admin.send('POST /scim/v2/Users', 'user.created', { body: { userName } });
  const params = { id: user.id };
  await admin.send('PUT /scim/v2/Users/{id}', 'user.changed', { params, body: { userName, displayName: 'Max' } });
  const off = { schemas, Operations: [{ op: 'Replace', path: 'active', value: 'False' }] };
  await admin.send('PATCH /scim/v2/Users/{id}', 'user.changed', { params, body: off });
  const group = await admin.send('POST /scim/v2/Groups', 'team.created', { body: { displayName: 'Directory' } });
  const of = { params: { id: group.id } };
  const add = { schemas, Operations: [{ op: 'Add', path: 'members', value: [{ value: user.id }] }] };
  await admin.send('PATCH /scim/v2/Groups/{id}', 'membership.created', { ...of, body: add });
  await admin.send('PUT /scim/v2/Groups/{id}', 'membership.deleted', { ...of, body: { displayName: 'Directory' } });
  await admin.send('DELETE /scim/v2/Groups/{id}', 'team.deleted', of);
  await admin.send('DELETE /scim/v2/Users/{id}', 'user.deleted', { params });
};

const changeCatalog = async (admin: AuditedClient, url: string, forgetTools: () => Promise<unknown>): Promise<void> => {
  const gateway = await admin.send('POST /gateways', 'gateway.created', {
    body: { name: 'weather', url, authType: 'bearer', authToken: 'tok-8c1f5e0f' },
  });
  const gatewayParams = { params: { id: gateway.id } };
  const idOf = async (list: string): Promise<string> =>
    (await admin.send(`GET /${list}`, '', { query: `gateway_id=${gateway.id}` })).find(
      (entry: { gatewayId: string }) => entry.gatewayId === gateway.id,
    ).id;

  const ids = { tool: await idOf('tools'), prompt: await idOf('prompts'), resource: await idOf('resources') };
  const server = await admin.send('POST /servers', 'server.created', {
    body: { server: { name: 'desk', associatedTools: [ids.tool] } },
  });
  const serverParams = { params: { id: server.id } };
  await admin.send('PUT /servers/{id}', 'server_entry.created', {
    ...serverParams,
    body: { associatedTools: [ids.tool], associatedPrompts: [ids.prompt] },
  });
  await switchOff(admin, 'servers', 'server', server.id);

  for (const kind of ['tool', 'prompt', 'resource'] as const) {
    await admin.send(`PUT /${kind}s/{id}`, `${kind}.changed`, {
      params: { id: ids[kind] },
      body: { description: 'new' },
    });
    await switchOff(admin, `${kind}s`, kind, ids[kind]);
    await admin.send(`DELETE /${kind}s/{id}`, `${kind}.deleted`, { params: { id: ids[kind] } });
  }
  // Brings back what was deleted.
  await admin.send('POST /gateways/{id}/tools/refresh', 'tool.created', {
    ...gatewayParams,
    query: 'include_resources=true&include_prompts=true',
  });
  const [tool]: { id: string }[] = await admin.send('GET /tools', '', { query: `gateway_id=${gateway.id}` });
  await admin.send('DELETE /tools/{id}', 'tool.deleted', { params: { id: tool?.id ?? '' } });
  await admin.send('POST /oauth/fetch-tools/{gatewayId}', 'tool.created', { params: { gatewayId: gateway.id } });
  await admin.send('PUT /gateways/{id}', 'gateway.changed', { ...gatewayParams, body: { changes: 'hold_all' } });
  await decideChanges(admin, gateway.id, forgetTools);
  await switchOff(admin, 'gateways', 'gateway', gateway.id);
  await admin.send('POST /export', 'upstream_credential.exported', {
    body: { include_inactive: true, passphrase: 'a passphrase for tests' },
  });
  await admin.send('DELETE /servers/{id}', 'server.deleted', serverParams);
  await admin.send('DELETE /gateways/{id}', 'gateway.deleted', gatewayParams);
  await admin.send('POST /catalog/{id}/register', 'gateway.created', { params: { id: 'at-127.0.0.1' } });
  await admin.send('POST /catalog/bulk-register', 'gateway.created', { body: { server_ids: ['at-localhost'] } });

  await admin.send('POST /tools', 'tool.created', {
    body: { name: 'orders', url: 'https://api.example.org/orders', requestType: 'GET' },
  });
  await admin.send('POST /prompts', 'prompt.created', { body: { name: 'greet', template: 'Hello' } });
  await admin.send('POST /resources', 'resource.created', {
    body: { name: 'notes', uri: 'notes://one', content: 'text' },
  });
  await admin.send('POST /import', 'tool.created', {
    body: {
      import_data: {
        entities: {
          tools: [
            { name: 'bills', url: 'https://api.example.org/bills', integration_type: 'REST', request_type: 'GET' },
          ],
        },
      },
    },
  });
};

/** Tools that come back as new ones wait for somebody. */
const decideChanges = async (
  admin: AuditedClient,
  gatewayId: string,
  forgetTools: () => Promise<unknown>,
): Promise<void> => {
  const tools: { id: string; gatewayId: string }[] = await admin.send('GET /tools', '', {
    query: `gateway_id=${gatewayId}`,
  });
  for (const { id } of tools.slice(0, 3)) await admin.send('DELETE /tools/{id}', 'tool.deleted', { params: { id } });
  await forgetTools();
  await admin.send('POST /gateways/{id}/tools/refresh', 'tool_change.held', { params: { id: gatewayId } });
  const { changes } = await admin.send('GET /changes', '', { query: 'state=pending' });
  const [approved, kept, blocked]: { id: string }[] = changes;
  const of = (change?: { id: string }) => ({ params: { id: change?.id ?? '' }, body: { note: 'seen' } });
  await admin.send('POST /changes/{id}/approve', 'tool_change.approved', of(approved));
  await admin.send('POST /changes/{id}/keep', 'tool_change.kept', of(kept));
  await admin.send('POST /changes/{id}/block', 'tool_change.blocked', of(blocked));
};

const switchOff = async (admin: AuditedClient, list: string, kind: string, id: string): Promise<void> => {
  const params = { id };
  await admin.send(`POST /${list}/{id}/state`, `${kind}.changed`, { params, query: 'activate=false' });
  await admin.send(`POST /${list}/{id}/toggle`, `${kind}.changed`, { params, query: 'activate=true' });
};
