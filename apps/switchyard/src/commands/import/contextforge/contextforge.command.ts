import { type Command, Option } from 'commander';
import { AdminApi } from '../../../gateway/admin-api.js';
import { type Asked, asksGateway, reach } from '../../../gateway/reach.js';
import { secretLine } from '../../../terminal/secret-line.js';
import { newCommand } from '../../new-command.js';
import { readConfigurationFile } from '../configuration-file.js';
import { importExport } from './import-export.js';

interface ContextForgeOptions extends Asked {
  readonly secret?: string;
  readonly passphraseFile?: string;
  readonly conflict: string;
  readonly visibility?: string;
  readonly dryRun?: true;
}

export const contextForgeCommand = (): Command =>
  asksGateway(newCommand('contextforge'))
    .summary('take over what ContextForge, or a Switchyard, exported')
    .description(
      'Takes over the gateways, own tools and prompts, and virtual servers of an export, and says of each entry how it ' +
        'went. Doing it twice is the same as doing it once. What has no place is left out.',
    )
    .argument('<file>', 'that `GET /export` answered, or a command line wrote')
    .addOption(
      new Option(
        '--secret <secret>',
        'the AUTH_ENCRYPTION_SECRET of ContextForge, which opens the credentials; better given in the environment',
      ).env('CONTEXTFORGE_SECRET'),
    )
    .addOption(new Option('--passphrase-file <file>', 'that a Switchyard sealed the credentials with'))
    .addOption(
      new Option('--conflict <strategy>', 'what becomes of an entry whose name is taken')
        .choices(['skip', 'update', 'rename', 'fail'])
        .default('update'),
    )
    .addOption(
      new Option('--visibility <who>', 'who may see what is made; the file does not say').choices([
        'public',
        'private',
      ]),
    )
    .option('--dry-run', 'only say what would be done')
    .action(
      async (file: string, { secret, passphraseFile, conflict, visibility, dryRun, ...asked }: ContextForgeOptions) => {
        const api = new AdminApi(await reach(asked));
        const failed = await importExport(api, readConfigurationFile(file), {
          isDryRun: dryRun === true,
          strategy: conflict,
          ...(secret !== undefined && { secret }),
          ...(passphraseFile !== undefined && { passphrase: await secretLine(passphraseFile) }),
          ...(visibility !== undefined && { visibility }),
          print: (line) => void process.stdout.write(`${line}\n`),
        });
        if (failed > 0) throw new Error(`${failed} of the entries could not be taken over`);
      },
    );
