import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { processEnvironment } from '#libs/config';
import { CommandFailure, EXIT } from '../../terminal/failure.js';
import { note, say } from '../../terminal/output.js';
import { newCommand, nounCommand } from '../new-command.js';
import { NODE_OPTIONS_OF_A_GATEWAY } from '../life/start-in-background.js';
import { unitFile } from './unit.js';

interface ServiceOptions {
  readonly system?: true;
}

const UNIT = 'switchyard.service';

/** `service install`, `uninstall` and `status`: a gateway that systemd starts with the machine, or with a user. */
export const serviceCommand = (): Command =>
  nounCommand(
    'service',
    'The gateway as a service of systemd: of your user, or with --system of the machine.',
    installCommand(),
    uninstallCommand(),
    statusCommand(),
  );

const placeOf = (isSystem: boolean): string =>
  isSystem ? `/etc/systemd/system/${UNIT}` : join(configHome(), 'systemd', 'user', UNIT);

const configHome = (): string => processEnvironment()['XDG_CONFIG_HOME'] || join(homedir(), '.config');

const installCommand = (): Command =>
  newCommand('install')
    .summary('write the unit, and start it now and from now on')
    .description(
      'Writes a unit and has systemd start it, now and with the machine. With --system (as root) it runs as a user of its own that can ' +
        'write to /var/lib/switchyard alone, with settings in /etc/switchyard/switchyard.env; without, as you, with settings in ' +
        '~/.config/switchyard/switchyard.env.',
    )
    .option('--system', 'of the machine, as root')
    .option('--print', 'only print the unit')
    .action(({ system, print }: ServiceOptions & { readonly print?: true }) => {
      const isSystem = system === true;
      const unit = unitFile({ command: gatewayCommand(), isSystem, path: pathOf(isSystem) });
      if (print === true) return say(unit.trimEnd());
      refuseElsewhere();
      const place = placeOf(isSystem);
      write(place, unit);
      control(isSystem, 'daemon-reload');
      control(isSystem, 'enable', '--now', UNIT);
      say(`wrote ${place}; it runs, and is started with ${isSystem ? 'the machine' : 'your first log-in'}`);
      if (!isSystem) note('To have it run while you are logged out: loginctl enable-linger');
    });

const uninstallCommand = (): Command =>
  newCommand('uninstall')
    .summary('stop it and remove the unit; its data stays')
    .option('--system', 'of the machine, as root')
    .action(({ system }: ServiceOptions) => {
      const isSystem = system === true;
      const place = placeOf(isSystem);
      if (!existsSync(place)) throw new CommandFailure(`there is no ${place}`);
      refuseElsewhere();
      control(isSystem, 'disable', '--now', UNIT);
      rmSync(place);
      control(isSystem, 'daemon-reload');
      say(`removed ${place}`);
    });

const statusCommand = (): Command =>
  newCommand('status')
    .summary('what systemd says of it; ends with 3 where it does not run')
    .option('--system', 'of the machine')
    .action(({ system }: ServiceOptions) => {
      refuseElsewhere();
      const words = [...(system === true ? [] : ['--user']), 'status', '--no-pager', UNIT];
      const { status } = spawnSync('systemctl', words, { stdio: 'inherit' });
      if (status !== 0) process.exitCode = EXIT.unreachable;
    });

/** As these commands were called themselves: by this Node, from where they are installed. */
const gatewayCommand = (): readonly string[] => {
  const [, script = ''] = process.argv;
  return [process.execPath, ...NODE_OPTIONS_OF_A_GATEWAY, realpathSync(script), 'start'];
};

/** Servers that npm starts need the folder of this Node as well. */
const pathOf = (isSystem: boolean): string =>
  isSystem
    ? `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`
    : `${dirname(process.execPath)}:${processEnvironment()['PATH'] ?? ''}`;

const refuseElsewhere = (): void => {
  if (!existsSync('/run/systemd/system'))
    throw new CommandFailure('this machine is not run by systemd: use switchyard up, or an image');
};

const write = (place: string, unit: string): void => {
  try {
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, unit, { mode: 0o644 });
  } catch (error) {
    throw new CommandFailure(
      `${place} cannot be written (${(error as NodeJS.ErrnoException).code}); --system needs root`,
    );
  }
};

const control = (isSystem: boolean, ...words: readonly string[]): void => {
  try {
    execFileSync('systemctl', [...(isSystem ? [] : ['--user']), ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const { stderr } = error as { readonly stderr?: Buffer };
    throw new CommandFailure(
      `systemctl ${words.join(' ')} failed: ${stderr?.toString().trim() ?? 'it cannot be started'}`,
    );
  }
};
