// `npm run rooms`: the rooms of each app (the folders below its `src`), which of them import each other, and the sizes
// of its files. Fails when two rooms import each other, when "rooms" of topology.json and the folders differ, or when a
// folder of an app or a library holds too many files.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crowdedFolders, FILES_PER_FOLDER_MAX } from './crowded-folders.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { rooms } = JSON.parse(readFileSync(join(root, 'libs/contracts/topology.json'), 'utf8'));
const isProduct = (path) => /\.tsx?$/.test(path) && !path.endsWith('.spec.ts') && !path.endsWith('/api/schema.ts');

const dependenciesOf = () => {
  const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const args = [cruiser, '--no-progress', '--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'apps'];
  try {
    return JSON.parse(execFileSync(process.execPath, args, { cwd: root, maxBuffer: 256 << 20 })).modules;
  } catch (error) {
    // Broken rules make it fail; what it found is on its standard output all the same.
    return JSON.parse(error.stdout).modules;
  }
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

const modules = dependenciesOf();
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
process.exit(isSound ? 0 : 1);
