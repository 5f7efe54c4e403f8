import { percentile } from '../soak/slopes.js';
import { type Gateway, startFastUpstream, startGateway } from '#libs/testing';

const USERS = 4_000;
const PEOPLE = 100;
const ROUNDS = 10;

/** What the pages of the console ask for first. */
const ASKED = {
  Overview: ['/v1/gateways?includeInactive=true&limit=0', '/v1/changes?state=pending&limit=1', '/v1/calls?limit=50'],
  Tools: ['/v1/tools?includeInactive=true&limit=0'],
  Servers: ['/v1/servers?includeInactive=true&limit=0'],
  Access: ['/v1/auth/email/admin/users?limit=500', '/v1/teams?limit=100', '/v1/tokens?limit=100'],
  Audit: ['/v1/audit?limit=50'],
} as const;

const at = (values: readonly number[], share: number): number => Math.round(percentile(values, share));

const makeUsers = async ({ url, admin }: Gateway): Promise<void> => {
  const body = { name: 'directory', scope: { permissions: ['admin.scim'] } };
  const { access_token: token } = await admin.call<{ access_token: string }>('POST', '/tokens', body);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' };
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let user = next++; user < USERS; user = next++) {
      const userName = `person-${user}@example.com`;
      const { status } = await fetch(`${url}/scim/v2/Users`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ userName }),
      });
      if (status !== 201) throw new Error(`${userName}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
};

/** Milliseconds that each page's requests, all at once, take: for one person alone, and with a hundred people at the same pages. */
export const measurePages = async (): Promise<Readonly<Record<string, unknown>>> => {
  const upstream = await startFastUpstream({ tools: 100 });
  const gateway = await startGateway({ mode: 'embedded', env: { BACKPRESSURE: '2000' } });
  try {
    await gateway.admin.register({ name: 'fast', url: upstream.url });
    await makeUsers(gateway);
    const headers = { authorization: `Bearer ${gateway.adminToken}` };
    const open = async (page: readonly string[]): Promise<number> => {
      const askedAtMs = performance.now();
      const answers = await Promise.all(page.map((path) => fetch(`${gateway.url}${path}`, { headers })));
      for (const answer of answers) {
        await answer.arrayBuffer();
        if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
      }
      return performance.now() - askedAtMs;
    };
    const figures: Record<string, unknown> = { users: USERS, people: PEOPLE };
    for (const [name, page] of Object.entries(ASKED)) {
      await open(page);
      const alone: number[] = [];
      for (let round = 0; round < ROUNDS * 5; round++) alone.push(await open(page));
      const person = async (): Promise<number[]> => {
        const taken: number[] = [];
        for (let round = 0; round < ROUNDS; round++) taken.push(await open(page));
        return taken;
      };
      const beganAtMs = performance.now();
      const together = (await Promise.all(Array.from({ length: PEOPLE }, person))).flat();
      const seconds = (performance.now() - beganAtMs) / 1_000;
      figures[name] = {
        aloneP50Ms: at(alone, 0.5),
        aloneP95Ms: at(alone, 0.95),
        hundredP50Ms: at(together, 0.5),
        hundredP95Ms: at(together, 0.95),
        pagesPerSecond: Math.round(together.length / seconds),
      };
    }
    return figures;
  } finally {
    await gateway.stop();
    await upstream.stop();
  }
};
