// The tests need a real nats-server, redis-server, nginx, openssl, bubblewrap, pgbouncer, prometheus, prometheus-alertmanager and Chromium. Uses those on the PATH; where it may, installs Debian's.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian's package, which is the program's name or stands before it; then other names of the program. */
const PROGRAMS = [
  ['nats-server'],
  ['redis-server'],
  ['nginx'],
  ['openssl'],
  ['bubblewrap', 'bwrap'],
  ['pgbouncer'],
  ['prometheus'],
  ['prometheus-alertmanager'],
  ['chromium', 'chromium-browser', 'google-chrome'],
];
// This file, while it exists, keeps them from being started as services.
const POLICY = '/usr/sbin/policy-rc.d';

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const folders = (process.env.PATH ?? '').split(delimiter);
const find = (program) => folders.some((folder) => folder !== '' && isExecutable(join(folder, program)));
const missing = () => PROGRAMS.filter((names) => !names.some(find)).map(([name]) => name);

const leave = (line) => {
  process.stderr.write(`switchyard: ${line}\n`);
  process.exit(1);
};

const apt = (...args) =>
  spawnSync('apt-get', ['-q', '-y', '--no-install-recommends', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });

const install = (packages) => {
  process.stderr.write(`switchyard: installing the Debian packages ${packages.join(' ')} …\n`);
  const ownPolicy = !existsSync(POLICY);
  if (ownPolicy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    let result = apt('install', ...packages);
    if (result.status !== 0) {
      apt('update');
      result = apt('install', ...packages);
    }
    return result.status === 0 ? '' : (result.stderr ?? '').trim().split('\n').at(-1);
  } finally {
    if (ownPolicy) rmSync(POLICY, { force: true });
  }
};

const absent = missing();
if (absent.length > 0) {
  const mayInstall = process.getuid?.() === 0 && isExecutable('/usr/bin/apt-get');
  const failure = mayInstall ? install(absent) : '';
  const still = missing();
  if (still.length > 0) {
    leave(
      `the tests need ${still.join(' and ')} on the PATH; install the Debian packages of the same names${failure ? ` (${failure})` : ''}.`,
    );
  }
}
