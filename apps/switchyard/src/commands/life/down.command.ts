import type { Command } from 'commander';
import { localGateway } from '../../local/data-folder.js';
import { note, say } from '../../terminal/output.js';
import { newCommand } from '../new-command.js';
import { stopGateway } from './stop.js';

/** `down`: stops the gateway of this machine. */
export const downCommand = (): Command =>
  newCommand('down')
    .summary('stop the gateway of this machine')
    .description(
      'Stops the gateway that runs on this machine as your user, in order: what it has in hand is finished. Its data stays. ' +
        'Where several run, SWITCHYARD_DATA_DIR says which.',
    )
    .action(async () => {
      const gateway = localGateway();
      if (gateway === null) return note('No gateway runs on this machine.');
      await stopGateway(gateway);
      say(`stopped ${gateway.url} (process ${gateway.pid})`);
    });
