import { describe, expect, it } from 'vitest';
import type { OAuthClient } from '#contracts/auth/oauth/oauth-client';
import type { Bus } from '#libs/bus';
import type { Logger } from '#libs/telemetry';
import type { KeyRing } from '../../encryption/key-ring.js';
import type { ConsentPlace } from '../place/consent-place.js';
import { ClientRegistrationService } from './client-registration.service.js';
import type { UpstreamClientRepository } from './upstream-client.repository.js';

describe('ClientRegistrationService', () => {
  it('ClientRegistrationService registers once when many begin a consent at once', async () => {
    const posted: { url: string; body: string }[] = [];
    const bus = {
      ask: async (_contract: unknown, { url }: { url: string }, { body }: { body: string }) => {
        posted.push({ url, body });
        return { head: { status: 201 }, body: JSON.stringify({ client_id: `client ${posted.length}` }) };
      },
    };
    const service = new ClientRegistrationService(
      { find: async () => null, keep: async () => {} } as unknown as UpstreamClientRepository,
      { keyIds: [], seal: () => ({}) } as unknown as KeyRing,
      bus as unknown as Bus,
      { info: () => {} } as unknown as Logger,
    );
    const place = {
      issuer: 'https://as.example',
      registrationUrl: 'https://as.example/register',
      authMethods: null,
    } as unknown as ConsentPlace;
    const given = { clientId: null } as OAuthClient;
    const clients = await Promise.all(
      [1, 2, 3].map(() => service.clientFor('notes', given, place, 'https://gateway.example')),
    );
    expect(clients.map(({ clientId }) => clientId)).toEqual(['client 1', 'client 1', 'client 1']);
    expect(JSON.parse(posted[0]?.body ?? '').redirect_uris).toEqual(['https://gateway.example/oauth/callback/notes']);
  });
});
