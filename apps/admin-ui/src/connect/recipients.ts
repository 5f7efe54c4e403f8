import { queryOptions } from '@tanstack/react-query';
import { type View, answerOf, api } from '../api/client.ts';

/** Somebody for whom one may make a token. */
export interface Recipient {
  readonly email: string;
  /** The team whose owner makes it, for which alone it is then; `null`: by who manages users. */
  readonly team: { readonly id: string; readonly name: string } | null;
}

const TEAMS_MAX = 20;

const teamsOwned = async (email: string, signal: AbortSignal): Promise<Recipient[]> => {
  const { teams } = await answerOf(api.GET('/v1/teams', { params: { query: { limit: TEAMS_MAX } }, signal }));
  const shared = (teams as readonly View<'TeamView'>[]).filter((team) => !team.is_personal);
  const found = await Promise.all(
    shared.map(async (team) => {
      const params = { path: { teamId: team.id } };
      const members = (await answerOf(
        api.GET('/v1/teams/{teamId}/members', { params, signal }),
      )) as View<'MemberView'>[];
      const isOwner = members.some((member) => member.user_email === email && member.role === 'owner');
      return isOwner ? members.map((member) => ({ email: member.user_email, team })) : [];
    }),
  );
  return found.flat();
};

/** Of an administrator, all who can log in; else the members of teams that one owns. */
export const recipientsQuery = ({ email, is_admin: isAdmin }: Pick<View<'UserView'>, 'email' | 'is_admin'>) =>
  queryOptions({
    queryKey: ['recipients', email],
    // Whoever was made a moment ago is somebody to make a token for.
    staleTime: 0,
    queryFn: async ({ signal }): Promise<readonly Recipient[]> => {
      const users = async (): Promise<Recipient[]> => {
        const params = { query: { limit: 500 } };
        const found = await answerOf(api.GET('/v1/auth/email/admin/users', { params, signal }));
        return (Array.isArray(found) ? found : found.users)
          .filter((user) => user.is_active)
          .map((user) => ({ email: user.email, team: null }));
      };
      const all = isAdmin ? await users() : await teamsOwned(email, signal);
      return all.filter((one) => one.email !== email);
    },
  });
