import { type Command, Option } from 'commander';
import { httpUrl } from '../../terminal/http-url.js';
import { newCommand } from '../new-command.js';
import { connect } from './connect.js';

export const connectCommand = (): Command =>
  newCommand('connect')
    .description(
      'Is an MCP server on stdio that is really the one at URL: Streamable HTTP of either protocol era, or HTTP+SSE. ' +
        'For clients that can only start programs.',
    )
    .argument('<url>', 'of the MCP endpoint, such as http://127.0.0.1:4444/mcp', httpUrl('connect'))
    .addOption(new Option('--token <token>', 'bearer token to present').env('SWITCHYARD_TOKEN'))
    .action((url: URL, { token }: { readonly token?: string }) => connect({ url, token: token ?? null }));
