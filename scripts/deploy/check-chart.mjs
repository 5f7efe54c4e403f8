// npm run chart: lints and renders the chart by Helm 3 and 4 with each set of values, and checks every object that
// comes out against its schema; then the alerts and the configuration of NATS by their own programs. Needs Go and Python; what it
// can't have, it names, and then it fails.
// HELM3, HELM4: programs to use instead of building them (CHART_CACHE: where what is built is kept).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { checkScrapes } from './check-scrapes.mjs';
import { checkNats, checkRules } from './check-stores.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const chart = join(root, 'deploy/helm/switchyard');
const values = readdirSync(join(root, 'deploy/helm/values')).map((name) => join(root, 'deploy/helm/values', name));
const cache = process.env.CHART_CACHE ?? join(root, 'node_modules/.cache/chart');

/** Of two services, one scraped at a port of its own and one at the port of its requests. */
const VARIANTS = [[join(root, 'deploy/helm/values/production.yaml'), '--set', 'services.auth.settings.METRICS_PORT=0']];

const HELM = { 3: 'helm.sh/helm/v3/cmd/helm@v3.22.0', 4: 'helm.sh/helm/v4/cmd/helm@v4.3.2' };
const KUBERNETES_VALIDATE = 'kubernetes-validate==1.37.0';
const KUBERNETES = ['1.29', '1.37'];
/** A Helm that was built from source takes another one for granted. */
const FOR_OLDEST = ['--kube-version', '1.29.0'];
const MODELS = {
  'kubernetes-models': '5.1.0',
  '@kubernetes-models/keda': '2.0.0',
  '@kubernetes-models/prometheus-operator': '6.0.0',
  '@kubernetes-models/gateway-api': '2.0.0',
};
/** Kinds that are no part of Kubernetes itself, and the package that knows them. */
const EXTENSIONS = {
  'keda.sh/v1alpha1/ScaledObject': '@kubernetes-models/keda',
  'monitoring.coreos.com/v1/ServiceMonitor': '@kubernetes-models/prometheus-operator',
  'monitoring.coreos.com/v1/PrometheusRule': '@kubernetes-models/prometheus-operator',
  'gateway.networking.k8s.io/v1/HTTPRoute': '@kubernetes-models/gateway-api',
};

const lacking = [];
const failures = [];
const say = (line) => process.stdout.write(`${line}\n`);
const run = (command, args, options = {}) => spawnSync(command, args, { encoding: 'utf8', ...options });
const isThere = (command, ...args) => run(command, args).status === 0;

const helm = (major) => {
  const given = process.env[`HELM${major}`];
  if (given) return given;
  const folder = join(cache, `helm${major}`);
  const program = join(folder, 'helm');
  if (existsSync(program)) return program;
  if (!isThere('go', 'version')) return void lacking.push(`Helm ${major}: no Go to build it with`);
  say(`building Helm ${major}: takes minutes …`);
  const built = run('go', ['install', HELM[major]], { env: { ...process.env, GOBIN: folder } });
  if (built.status === 0) return program;
  return void lacking.push(`Helm ${major}: ${built.stderr.trim().split('\n').at(-1)}`);
};

const validator = () => {
  const folder = join(cache, 'python');
  const program = join(folder, 'bin/kubernetes-validate');
  if (existsSync(program)) return program;
  if (!isThere('python3', '--version')) return void lacking.push('kubernetes-validate: no Python');
  const made =
    run('python3', ['-m', 'venv', folder]).status === 0 &&
    run(join(folder, 'bin/pip'), ['-q', 'install', KUBERNETES_VALIDATE]).status === 0;
  return made ? program : void lacking.push('kubernetes-validate: it cannot be installed');
};

const models = () => {
  const folder = join(cache, 'models');
  const wanted = JSON.stringify({ private: true, dependencies: MODELS });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), wanted);
  if (!existsSync(join(folder, 'node_modules'))) {
    const done = run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'], {
      cwd: folder,
    });
    if (done.status !== 0) return void lacking.push('@kubernetes-models: they cannot be installed');
  }
  return (name, path) => import(pathToFileURL(join(folder, 'node_modules', name, `${path}.js`)));
};

const fail = (what, detail) => failures.push(`${what}\n    ${detail.trim().replaceAll('\n', '\n    ')}`);

const checkObjects = async (rendered, file, title, { validate, load }) => {
  const objects = parseAllDocuments(rendered)
    .map((document) => document.toJS())
    .filter((object) => object !== null);
  const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  for (const name of new Set(names)) {
    if (names.indexOf(name) !== names.lastIndexOf(name)) fail(title, `${name} is there twice`);
  }
  const known = objects.filter(({ apiVersion, kind }) => EXTENSIONS[`${apiVersion}/${kind}`] === undefined);
  if (validate) {
    writeFileSync(file, known.map((object) => JSON.stringify(object)).join('\n---\n'));
    for (const version of KUBERNETES) {
      const { stdout, stderr } = run(validate, ['-k', version, '--strict', file]);
      const lines = `${stdout}${stderr}`.trim().split('\n');
      const passed = lines.filter((line) => line.startsWith('INFO') && line.includes(' passed '));
      if (passed.length !== known.length)
        fail(`${title}, Kubernetes ${version}`, lines.filter((line) => !passed.includes(line)).join('\n'));
    }
  }
  if (load) {
    for (const object of objects) {
      const path = `${object.apiVersion}/${object.kind}`;
      if (EXTENSIONS[path] === undefined) continue;
      try {
        const { [object.kind]: Model } = await load(EXTENSIONS[path], path);
        new Model(object).validate();
      } catch (error) {
        fail(`${title}, ${object.kind}/${object.metadata.name}`, error.message);
      }
    }
  }
  return objects;
};

mkdirSync(cache, { recursive: true });
const tools = { validate: validator(), load: models() };
for (const major of [3, 4]) {
  const program = helm(major);
  if (!program) continue;
  for (const [file, ...more] of [...values.map((one) => [one]), ...VARIANTS]) {
    const title = `Helm ${major}, ${[basename(file), ...more].join(' ')}`;
    const lint = run(program, ['lint', '--strict', chart, '-f', file, ...more, ...FOR_OLDEST]);
    if (lint.status !== 0) fail(`${title}: lint`, `${lint.stdout}${lint.stderr}`);
    const made = run(program, ['template', 'given-name', chart, '-n', 'mcp', '-f', file, ...more, ...FOR_OLDEST], {
      maxBuffer: 1 << 26,
    });
    if (made.status !== 0) {
      fail(`${title}: template`, made.stderr);
      continue;
    }
    const objects = await checkObjects(made.stdout, join(cache, `${major}-${basename(file)}`), title, tools);
    checkScrapes(objects, title, fail);
    const without = checkNats(objects, join(cache, 'nats'), title, fail);
    if (without !== null && !lacking.includes(without)) lacking.push(without);
    say(`${title}: ${objects.length} objects`);
  }
  // The schema must be able to refuse.
  for (const wrong of [
    'settings.METRICS_PORT=8080',
    'settings.TOOL_TIMEOT=5',
    'services.ingress.settings.TOOL_TIMEOUT=0',
    'edge.replica=2',
  ]) {
    const refused = run(program, ['template', 'x', chart, '-f', values[0], '--set', wrong, ...FOR_OLDEST]);
    if (refused.status === 0) fail(`Helm ${major}`, `${wrong} is taken, though it means nothing`);
  }
}

const withoutRules = checkRules(root, cache, fail);
if (withoutRules !== null) lacking.push(withoutRules);
for (const line of lacking) say(`not checked: ${line}`);
for (const line of failures) say(`FAILED: ${line}`);
say(
  failures.length + lacking.length === 0
    ? 'chart: all is well'
    : `chart: ${failures.length} failed, ${lacking.length} lacking`,
);
process.exit(failures.length + lacking.length === 0 ? 0 : 1);
