import { type Command, Option } from 'commander';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import type { Rest } from '../../gateway/rest.js';
import { askYes, isAtTerminal } from '../../terminal/ask.js';
import { CommandFailure } from '../../terminal/failure.js';
import { jsonOption, type OutputOptions, quietOption, say, showList } from '../../terminal/output.js';
import { newCommand, nounCommand } from '../new-command.js';

/** `team ls`, `create`, `rm`, `members`, `add` and `drop`. */
export const teamCommand = (): Command =>
  nounCommand(
    'team',
    'Teams, and who is in them.',
    listCommand(),
    createCommand(),
    removeCommand(),
    membersCommand(),
    addCommand(),
    dropCommand(),
  );

interface Team {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly visibility: string;
  readonly is_personal: boolean;
  readonly member_count: number;
}

interface Member {
  readonly user_email: string;
  readonly role: string;
  readonly joined_at: string;
}

const PAGE = 100;

const teamsOf = async (rest: Rest): Promise<readonly Team[]> => {
  const all: Team[] = [];
  for (;;) {
    const page = await rest.get<{ readonly teams: readonly Team[]; readonly total: number }>('/v1/teams', {
      skip: all.length,
      limit: PAGE,
    });
    all.push(...page.teams);
    if (page.teams.length === 0 || all.length >= page.total) return all;
  }
};

/** By its name, slug or id. Throws where there is none. */
export const teamIdOf = async (rest: Rest, name: string): Promise<string> => {
  const all = await teamsOf(rest);
  const found = all.find((team) => team.name === name) ?? all.find(({ slug, id }) => slug === name || id === name);
  if (found === undefined) throw new CommandFailure(`there is no team ${name}; see team ls`);
  return found.id;
};

const pathOf = async (rest: Rest, name: string): Promise<string> => `/v1/teams/${await teamIdOf(rest, name)}`;

const listCommand = (): Command =>
  asksGateway(newCommand('ls'))
    .summary('list teams: yours, or as an administrator all')
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async (options: Asked & OutputOptions) => {
      showList(await teamsOf(await reach(options)), {
        ...options,
        idOf: ({ id }) => id,
        empty: 'No team yet: switchyard team create NAME',
        columns: [
          ['name', ({ name }) => name],
          ['slug', ({ slug }) => slug],
          ['members', ({ member_count: count }) => String(count)],
          ['visibility', ({ visibility, is_personal: isPersonal }) => (isPersonal ? 'personal' : visibility)],
          ['id', ({ id }) => id],
        ],
      });
    });

const createCommand = (): Command =>
  asksGateway(newCommand('create'))
    .summary('make a team, whose owner you are')
    .argument('<name>')
    .addOption(
      new Option('--visibility <who>', 'who may find it and ask to join')
        .choices(['private', 'public'])
        .default('private'),
    )
    .action(async (name: string, { visibility, ...asked }: Asked & { readonly visibility: string }) => {
      say((await (await reach(asked)).post<Team>('/v1/teams', { name, visibility })).id);
    });

const removeCommand = (): Command =>
  asksGateway(newCommand('rm'))
    .summary('delete a team; what was for it alone is left to administrators')
    .argument('<team>', 'its name, slug or id')
    .option('-y, --yes', 'without asking')
    .action(async (team: string, { yes, ...asked }: Asked & { readonly yes?: true }) => {
      const rest = await reach(asked);
      const path = await pathOf(rest, team);
      if (yes !== true && isAtTerminal() && !(await askYes(`Delete the team ${team}?`, false))) return;
      await rest.delete(path);
      say(`removed ${team}`);
    });

const membersCommand = (): Command =>
  asksGateway(newCommand('members'))
    .summary('list who is in a team')
    .argument('<team>', 'its name, slug or id')
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async (team: string, options: Asked & OutputOptions) => {
      const rest = await reach(options);
      showList(await rest.get<readonly Member[]>(`${await pathOf(rest, team)}/members`), {
        ...options,
        idOf: ({ user_email: email }) => email,
        empty: 'Nobody is in it',
        columns: [
          ['email', ({ user_email: email }) => email],
          ['role', ({ role }) => role],
          ['since', ({ joined_at: at }) => at.slice(0, 10)],
        ],
      });
    });

const addCommand = (): Command =>
  asksGateway(newCommand('add'))
    .summary('put a user into a team')
    .argument('<team>', 'its name, slug or id')
    .argument('<email>')
    .option('--owner', 'who may change the team and say who is in it')
    .action(async (team: string, email: string, { owner, ...asked }: Asked & { readonly owner?: true }) => {
      const rest = await reach(asked);
      await rest.post(`${await pathOf(rest, team)}/members`, { email, role: owner === true ? 'owner' : 'member' });
      say(`${email} is in ${team}`);
    });

const dropCommand = (): Command =>
  asksGateway(newCommand('drop'))
    .summary('take a user out of a team')
    .argument('<team>', 'its name, slug or id')
    .argument('<email>')
    .action(async (team: string, email: string, asked: Asked) => {
      const rest = await reach(asked);
      await rest.delete(`${await pathOf(rest, team)}/members/${encodeURIComponent(email)}`);
      say(`${email} is in ${team} no more`);
    });
