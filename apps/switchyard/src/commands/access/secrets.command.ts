import type { Command } from 'commander';
import { newCommand, nounCommand } from '../new-command.js';
import { besideDatabase, OF_THE_DATABASE } from './beside-database.js';

/** `secrets rotate`, `secrets retire` and `secrets reseal`. */
export const secretsCommand = (): Command =>
  nounCommand(
    'secrets',
    `The keys. ${OF_THE_DATABASE}`,
    newCommand('rotate')
      .summary('make new keys, and keep the present ones beside them')
      .description(
        'Makes new secrets in the data folder of a gateway that is stopped, and encrypts upstream credentials with them. ' +
          'Tokens, sessions and states that were made before stay good until `switchyard secrets retire`.',
      )
      .action(() => besideDatabase((commands) => commands.rotateSecrets())),
    newCommand('retire')
      .summary('end what former keys are good for')
      .description(
        'Forgets the keys that were before `switchyard secrets rotate`: what was made with them is good no more.',
      )
      .action(() => besideDatabase((commands) => commands.retireSecrets())),
    newCommand('reseal')
      .summary('encrypt upstream credentials with the current secret')
      .description(
        'Encrypts upstream credentials anew with AUTH_ENCRYPTION_SECRET. Former secrets are in ' +
          'AUTH_ENCRYPTION_SECRETS_PREVIOUS, separated by commas, and are needed no more afterwards.',
      )
      .action(() => besideDatabase((commands) => commands.resealSecrets())),
  );
