import { describe, expect, it } from 'vitest';
import type { Bus } from '#libs/bus';
import { fail } from '#libs/errors';
import type { Connection } from '../profile.js';
import { withWantedConsent } from './wanted-consent.js';

const URL_ = 'https://notes.example/mcp';
const PLACE = 'https://notes.example/.well-known/oauth-protected-resource/mcp';

describe('withWantedConsent', () => {
  it.each([
    ['over plain http elsewhere', 'http://10.0.0.1/meta', PLACE],
    ['over https elsewhere', 'https://meta.example/m', 'https://meta.example/m'],
    ['at its own origin', '/meta', 'https://notes.example/meta'],
  ])('withWantedConsent looks where it may, as the upstream says, when that is %s', async (_what, said, looked) => {
    const fetched: object[] = [];
    const bus = {
      ask: async (contract: { subject: string }, request: object) => {
        if (contract.subject.endsWith('challenge.read'))
          return { head: { status: 401, challenge: `Bearer resource_metadata="${said}"` } };
        fetched.push(request);
        return { head: {}, body: JSON.stringify({ authorization_servers: ['https://idp.example'] }) };
      },
    };
    const thrown = fail('upstream.unauthorised', { data: { status: 401 } });
    const connection = { url: URL_, transport: 'STREAMABLEHTTP' } as unknown as Connection;
    expect(await withWantedConsent(bus as unknown as Bus, connection, thrown)).not.toBe(thrown);
    expect(fetched).toEqual([expect.objectContaining({ url: looked, namedBy: URL_ })]);
  });
});
