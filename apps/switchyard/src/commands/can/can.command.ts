import type { Command } from 'commander';
import type { Verdict } from '../../gateway/admin-api.js';
import { adminApi, tokenOption, urlOption } from '../import/gateway-options.js';
import { newCommand } from '../new-command.js';

interface CanOptions {
  readonly url: URL;
  readonly token?: string;
  readonly server?: string;
  readonly json?: true;
}

/** `can USER TOOL`: prints yes or no and why; ends with 2 for a no, so that a script can ask. */
export const canCommand = (): Command =>
  newCommand('can')
    .summary('say whether a user may call a tool, and why')
    .description(
      'Says whether a user may call a tool by a token that narrows nothing, which rule decides it, and what would make it ' +
        'otherwise. Ends with 2 for a no.',
    )
    .argument('<user>', 'their e-mail')
    .argument('<tool>', 'as clients see its name')
    .option('--server <id>', 'at this virtual server; by default at /mcp')
    .option('--json', 'print what the gateway answers')
    .addOption(urlOption())
    .addOption(tokenOption())
    .action(async (user: string, tool: string, { url, token, server, json }: CanOptions) => {
      const verdict = await adminApi(url, token, 'can').explain({
        user,
        tool,
        ...(server !== undefined && { server }),
      });
      process.stdout.write(`${json === true ? JSON.stringify(verdict) : textOf(verdict)}\n`);
      if (!verdict.allowed) process.exitCode = 2;
    });

const textOf = ({ allowed, rule, because, wouldChange }: Verdict): string =>
  [
    `${allowed ? 'yes' : 'no'} (${rule}): ${because}`,
    ...wouldChange.map((change) => `  ${allowed ? 'it would be no' : 'it would be yes'}: ${change}`),
  ].join('\n');
