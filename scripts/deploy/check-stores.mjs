// What the chart renders for programs other than Kubernetes, judged by those programs: nats-server and promtool.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const run = (command, args, options = {}) => spawnSync(command, args, { encoding: 'utf8', ...options });
const said = ({ stdout, stderr, error }) => error?.message ?? `${stdout}${stderr}`;

/** promtool of the PATH, or of Debian's package, unpacked: to install that one would start a server. Null: neither. */
const findPromtool = (cache) => {
  if (run('promtool', ['--version']).status === 0) return 'promtool';
  const folder = join(cache, 'prometheus');
  const program = join(folder, 'usr/bin/promtool');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  if (run('apt-get', ['download', 'prometheus'], { cwd: folder }).status !== 0) return null;
  const packed = readdirSync(folder).find((name) => name.endsWith('.deb'));
  return run('dpkg-deb', ['-x', join(folder, packed), folder]).status === 0 ? program : null;
};

/** The alerts, and the test that says when each of them fires. */
export const checkRules = (root, cache, fail) => {
  const promtool = findPromtool(cache);
  if (promtool === null) return 'promtool: neither on the PATH nor from Debian';
  const cwd = join(root, 'deploy/prometheus');
  for (const args of [
    ['check', 'rules', 'rules.yaml'],
    ['test', 'rules', 'rules.test.yaml'],
  ]) {
    const outcome = run(promtool, args, { cwd });
    if (outcome.status !== 0) fail(`promtool ${args.join(' ')}`, said(outcome));
  }
  return null;
};

/** A certificate for nothing but reading it. */
const certificate = (folder) => {
  const files = {
    'tls.key': join(folder, 'tls.key'),
    'tls.crt': join(folder, 'tls.crt'),
    'ca.crt': join(folder, 'tls.crt'),
  };
  if (!existsSync(files['tls.key'])) {
    const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=nats'];
    run('openssl', [...args, '-keyout', files['tls.key'], '-out', files['tls.crt']]);
  }
  return files;
};

/** The configuration of the bundled NATS, where there is one. Answers what is lacking, or null. */
export const checkNats = (objects, folder, title, fail) => {
  const rendered = objects.find(({ kind, data }) => kind === 'ConfigMap' && data?.['nats.conf'] !== undefined);
  if (rendered === undefined) return null;
  if (run('nats-server', ['--version']).status !== 0) return 'the configuration of NATS: no nats-server on the PATH';
  mkdirSync(folder, { recursive: true });
  const files = certificate(folder);
  for (const [name, text] of Object.entries(rendered.data))
    writeFileSync(
      join(folder, name),
      text.replaceAll(/\/etc\/switchyard\/nats\/([\w.]+)/g, (_, file) => files[file]),
    );
  const passwords = [...rendered.data['nats.conf'].matchAll(/\$(NATS_PASSWORD_\w+)/g)].map(([, name]) => [
    name,
    '"123e45"',
  ]);
  const env = { PATH: process.env.PATH, POD_NAME: 'nats-0', ...Object.fromEntries(passwords) };
  const outcome = run('nats-server', ['-t', '-c', join(folder, 'nats.conf')], { env });
  if (outcome.status !== 0) fail(`${title}: nats-server`, said(outcome));
  return null;
};
