import type { Command } from 'commander';
import { AdminApi } from '../../gateway/admin-api.js';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { EXIT } from '../../terminal/failure.js';
import { say } from '../../terminal/output.js';
import { newCommand } from '../new-command.js';
import { explain, verdictText } from './verdict.js';

interface CanOptions extends Asked {
  readonly server?: string;
  readonly json?: true;
}

/** `can USER TOOL`: prints yes or no and why; ends with 4 for a no, so that a script can ask. */
export const canCommand = (): Command =>
  asksGateway(newCommand('can'))
    .summary('say whether a user may call a tool, and why')
    .description(
      'Says whether a user may call a tool by a token that narrows nothing, which rule decides it, and what would make it ' +
        'otherwise. Ends with 4 for a no.',
    )
    .argument('<user>', 'their e-mail')
    .argument('<tool>', 'as clients see its name')
    .option('--server <name>', 'at this virtual server, by its name or id; by default at /mcp')
    .option('--json', 'print what the gateway answers')
    .action(async (user: string, tool: string, { server, json, ...asked }: CanOptions) => {
      const rest = await reach(asked);
      const at = server === undefined ? {} : { server: await new AdminApi(rest).serverId(server) };
      const verdict = await explain(rest, { user, tool, ...at });
      say(json === true ? JSON.stringify(verdict) : verdictText(verdict));
      if (!verdict.allowed) process.exitCode = EXIT.refused;
    });
