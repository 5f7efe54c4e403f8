import { type Command, Option } from 'commander';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import { UsageError } from '../../terminal/failure.js';
import { note, say } from '../../terminal/output.js';
import { writePrivateText } from '../../terminal/private-file.js';
import { secretLine } from '../../terminal/secret-line.js';
import { newCommand } from '../new-command.js';

interface ExportOptions extends Asked {
  readonly types?: string;
  readonly tags?: string;
  readonly only?: Readonly<Record<string, readonly string[]>>;
  readonly passphraseFile?: string;
  readonly output?: string;
}

interface Export {
  readonly metadata: {
    readonly left_out: readonly { readonly type: string; readonly name: string; readonly reason: string }[];
  };
}

/** `export`: what is registered, as `import contextforge` and `apply` take it. */
export const exportCommand = (): Command =>
  asksGateway(newCommand('export'))
    .summary('what is registered, as one JSON file')
    .description(
      'Writes the upstreams, own tools, prompts, resources and virtual servers of the gateway, or a part of them, as JSON that ' +
        '"import contextforge" takes. Credentials are left out, and named, but for --passphrase-file, which takes them along, sealed.',
    )
    .option('--types <list>', 'gateways, tools, prompts, resources, servers, with commas')
    .option('--tags <list>', 'with one of these tags; a plus between them: with both')
    .option('--only <type/name>', 'this one, such as gateways/Weather; may stand more than once', chosenIn)
    .addOption(
      new Option('--passphrase-file <file>', 'seals the credentials with its first line; "-" for standard input'),
    )
    .option('-o, --output <file>', 'to write it to, for the own user alone')
    .action(async ({ types, tags, only, passphraseFile, output, ...asked }: ExportOptions) => {
      const file = await (await reach(asked)).post<Export>('/v1/export', {
        include_inactive: true,
        ...(types !== undefined && { types }),
        ...(tags !== undefined && { tags }),
        ...(only !== undefined && { selected_entities: only }),
        ...(passphraseFile !== undefined && { passphrase: await secretLine(passphraseFile) }),
      });
      const text = JSON.stringify(file, null, 2);
      if (output === undefined) say(text);
      else writePrivateText(output, `${text}\n`);
      for (const { type, name, reason } of file.metadata.left_out) note(`${type} "${name}": ${reason}`);
    });

const chosenIn = (
  text: string,
  before: Readonly<Record<string, readonly string[]>> = {},
): Readonly<Record<string, readonly string[]>> => {
  const at = text.indexOf('/');
  if (at < 1) throw new UsageError('--only takes a type and a name: gateways/Weather');
  const type = text.slice(0, at);
  return { ...before, [type]: [...(before[type] ?? []), text.slice(at + 1)] };
};
