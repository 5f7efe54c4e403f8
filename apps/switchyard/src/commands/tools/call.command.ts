import { type Command, Option } from 'commander';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { durationMs } from '../../terminal/duration.js';
import { EXIT, UsageError } from '../../terminal/failure.js';
import { say } from '../../terminal/output.js';
import { newCommand } from '../new-command.js';
import type { CallOptions } from './call-tool.js';

interface CommandOptions extends Asked, CallOptions {
  readonly json?: true;
}

/** `tools call NAME key=value...`: a call as an MCP client makes it. */
export const callCommand = (): Command =>
  asksGateway(newCommand('call'))
    .summary('call a tool')
    .description(
      'Calls a tool as an MCP client does, and prints the text that it answers; how far it is, and what it asks for, goes over ' +
        'standard error. Ends with 1 where the tool says that it failed.',
    )
    .argument('<name>', 'as clients see it')
    .argument('[arguments...]', 'key=value as its schema has it, or key:=JSON')
    .option('--args <json>', 'all arguments as one JSON object; - reads it from standard input')
    .option('--endpoint <name>', 'at this virtual server; by default at /mcp')
    .addOption(new Option('--era <era>', 'in which to speak').choices(['auto', 'modern', 'legacy']).default('auto'))
    .option('--timeout <duration>', 'how long to wait for it', durationMs, 300_000)
    .option('--json', 'print the whole result')
    .action(async (name: string, words: readonly string[], options: CommandOptions) => {
      if (options.args !== undefined && words.length > 0) throw new UsageError('give key=value or --args');
      const rest = await reach(options);
      const { callTool, textOf } = await import('./call-tool.js');
      const result = await callTool(rest, name, words, options);
      say(options.json === true ? JSON.stringify(result, null, 2) : textOf(result));
      if (result.isError === true) process.exitCode = EXIT.failed;
    });
