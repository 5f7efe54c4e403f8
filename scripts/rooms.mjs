// `npm run rooms`: the rooms of each app (the folders below its `src`), which of them import each other, and the sizes
// of its files. Fails when two rooms import each other, when "rooms" of topology.json and the folders differ, when a
// folder of an app or a library holds too many files, or when an import breaks a rule, as `npm run lint:imports` does,
// whose rules it reads the same files by.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crowdedFolders, FILES_PER_FOLDER_MAX } from './crowded-folders.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { rooms } = JSON.parse(readFileSync(join(root, 'libs/contracts/topology.json'), 'utf8'));
const isProduct = (path) => /\.tsx?$/.test(path) && !path.endsWith('.spec.ts') && !path.endsWith('/api/schema.ts');

/** The modules with what they import, and the rules that are broken. */
const cruise = () => {
  const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const options = ['--no-progress', '--config', '.dependency-cruiser.mjs', '--output-type', 'json'];
  const args = [cruiser, ...options, 'apps', 'libs', 'parties'];
  const found = spawnSync(process.execPath, args, { cwd: root, maxBuffer: 256 << 20, encoding: 'utf8' });
  // Broken rules make it fail; what it found is on its standard output all the same.
  if (!found.stdout.startsWith('{')) throw new Error(`dependency-cruiser has failed: ${found.stderr}`);
  const { modules, summary } = JSON.parse(found.stdout);
  const reasonOf = (name) => summary.ruleSetUsed.forbidden.find((rule) => rule.name === name)?.comment;
  return {
    modules,
    violations: summary.violations.map((broken) => ({ ...broken, reason: reasonOf(broken.rule.name) })),
  };
};

const foldersOf = (path) =>
  readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(join(root, path, entry.name)).length > 0)
    .map(({ name }) => name);

const roomOf = (app, path) => new RegExp(`^apps/${app}/src/([^/]+)/`).exec(path)?.[1];

/** Per room, the rooms that it imports, types included. */
const arrowsOf = (app, modules) => {
  const arrows = new Map();
  for (const { source, dependencies } of modules.filter((module) => isProduct(module.source))) {
    const from = roomOf(app, source);
    const seen = dependencies.map(({ resolved }) => roomOf(app, resolved)).filter((to) => to && to !== from);
    if (from !== undefined) arrows.set(from, new Set([...(arrows.get(from) ?? []), ...seen]));
  }
  return arrows;
};

const pairsOf = (arrows) =>
  [...arrows].flatMap(([from, seen]) =>
    [...seen].filter((to) => from < to && arrows.get(to)?.has(from)).map((to) => [from, to]),
  );

const sizesOf = (app) => {
  const files = readdirSync(join(root, `apps/${app}/src`), { recursive: true, withFileTypes: true });
  return files
    .filter((entry) => entry.isFile() && isProduct(join(entry.parentPath, entry.name)))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n').length - 1)
    .sort((one, other) => one - other);
};

const differencesOf = (app, folders) => {
  const entry = rooms[app];
  if (entry === undefined) return [];
  const named = [...entry.order.flat(), ...entry.shared];
  return [
    ...folders.filter((room) => !named.includes(room)).map((room) => `${room} is not named in topology.json`),
    ...named
      .filter((room) => !folders.includes(room))
      .map((room) => `${room} is named in topology.json but is no folder`),
  ];
};

const { modules, violations } = cruise();
let isSound = true;
for (const app of foldersOf('apps')) {
  const folders = foldersOf(`apps/${app}/src`);
  const pairs = pairsOf(arrowsOf(app, modules));
  const differences = differencesOf(app, folders);
  const sizes = sizesOf(app);
  const at = (share) => sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * share))];
  console.log(
    `${app}: ${folders.length} rooms, ${sizes.length} files, lines median ${at(0.5)}, p95 ${at(0.95)}, max ${sizes.at(-1)}`,
  );
  for (const [one, other] of pairs) console.log(`  ${one} and ${other} import each other`);
  for (const difference of differences) console.log(`  ${difference}`);
  if (rooms[app] === undefined)
    console.log('  no entry in "rooms" of libs/contracts/topology.json: its rooms are not checked');
  isSound &&= pairs.length === 0 && differences.length === 0;
}
for (const { folder, files } of crowdedFolders(root)) {
  console.log(`${folder}: ${files} files, more than ${FILES_PER_FOLDER_MAX}; give a part of them a folder of its own`);
  isSound = false;
}
for (const { from, to, rule, reason } of violations) {
  console.log(`${rule.name}: ${from} → ${to}${reason === undefined ? '' : `. ${reason}`}`);
  if (rule.severity === 'error') isSound = false;
}
process.exit(isSound ? 0 : 1);
