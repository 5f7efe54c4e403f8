import type { Gateway } from '#libs/testing';

/** Who is on record besides the caller. */
export interface Crowd {
  readonly users: number;
  readonly teams: number;
}

const MEMBER = 'member@example.com';
const AT_ONCE = 16;
const MEMBERS_PER_TEAM = 10;

interface Made {
  readonly id: string;
}

const each = async (count: number, one: (number: number) => Promise<unknown>): Promise<void> => {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
};

const emailOf = (number: number): string => `crowd-${number}@example.com`;

/** A token of a member of a team with a role there, narrowed to the team and to a few permissions; all others have accounts and teams. */
export const memberAmong = async (gateway: Gateway, { users, teams }: Crowd): Promise<string> => {
  const { admin } = gateway;
  const addUser = (email: string) => admin.call('POST', '/auth/email/admin/users', { email });
  const addMember = (teamId: string, email: string) => admin.call('POST', `/teams/${teamId}/members`, { email });
  await each(users, (number) => addUser(emailOf(number)));
  await each(teams, async (number) => {
    const { id } = await admin.call<Made>('POST', '/teams', { name: `Crowd ${number}` });
    for (let member = 0; member < Math.min(MEMBERS_PER_TEAM, users); member++)
      await addMember(id, emailOf((number * MEMBERS_PER_TEAM + member) % users));
  });
  await addUser(MEMBER);
  const { id: teamId } = await admin.call<Made>('POST', '/teams', { name: 'Bench' });
  await addMember(teamId, MEMBER);
  const role = { role_id: 'developer', scope: 'team', scope_id: teamId };
  await admin.call('POST', `/rbac/users/${MEMBER}/roles`, role);
  const response = await fetch(`${gateway.url}/tokens`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await gateway.tokenFor({ email: MEMBER })}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      name: 'bench',
      team_id: teamId,
      scope: { permissions: ['tools.read', 'tools.execute', 'servers.use'] },
    }),
  });
  if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { access_token: string }).access_token;
};
