import { describe, expect, it } from 'vitest';
import type { Bus } from '#libs/bus';
import { fail } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { UpstreamTokenRepository } from '../upstream-credentials/oauth/upstream-token.repository.js';
import type { UpstreamTokenService } from '../upstream-credentials/oauth/upstream-token.service.js';
import type { UpstreamCredentialService } from '../upstream-credentials/upstream-credential.service.js';
import type { UserService } from '../users/user.service.js';
import { KeptConsents } from './kept-consents.service.js';

/** Ann's consents at two upstreams, of which the tokens of `lost` cannot be read where they lie. */
const given = ({ lost = '' } = {}) => {
  const done: string[] = [];
  const tokens = {
    states: async (ids: readonly string[]) => Object.fromEntries(ids.map((id) => [id, {}])),
    kept: async ({ upstreamId }: { upstreamId: string }) => {
      if (upstreamId === lost) throw fail('auth.unavailable');
      return JSON.stringify({
        tokenUrl: `https://${upstreamId}.example/token`,
        revocationUrl: `https://${upstreamId}.example/revoke`,
        client: { clientId: 'c', tokenEndpointAuthMethod: 'none' },
        accessToken: 'a',
      });
    },
    forget: async (upstreamId: string) => void done.push(`forgets ${upstreamId}`),
  };
  const bus = {
    ask: async (_contract: unknown, { url }: { url: string }) => {
      done.push(`posts ${url}`);
      return { head: { status: 200 } };
    },
    publish: (_contract: unknown, { upstreamId }: { upstreamId: string }) => void done.push(`tells of ${upstreamId}`),
    flush: async () => {},
  };
  let remove = async (_email: string): Promise<void> => {};
  const log = () => {};
  const ending = new KeptConsents(
    { catalogUserOf: async () => undefined } as unknown as UpstreamCredentialService,
    tokens as unknown as UpstreamTokenService,
    { upstreamsOf: async () => ['one', 'two'] } as unknown as UpstreamTokenRepository,
    { beforeRemoval: (leave: typeof remove) => (remove = leave) } as unknown as UserService,
    bus as unknown as Bus,
    { info: log, warn: log, error: log } as unknown as Logger,
  );
  ending.onModuleInit();
  return { remove, done };
};

describe('KeptConsents', () => {
  it('KeptConsents forgets, tells of and revokes every consent when its person is to be removed', async () => {
    const { remove, done } = given();
    await remove('ann@example.com');
    expect(done.toSorted()).toEqual([
      'forgets one',
      'forgets two',
      'posts https://one.example/revoke',
      'posts https://two.example/revoke',
      'tells of one',
      'tells of two',
    ]);
  });

  it('KeptConsents goes on, and has the consent dropped all the same, when its token cannot be reached', async () => {
    const { remove, done } = given({ lost: 'one' });
    await remove('ann@example.com');
    expect(done).toEqual(expect.arrayContaining(['tells of one', 'forgets two', 'tells of two']));
  });
});
