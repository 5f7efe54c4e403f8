#!/usr/bin/env node
// Starts the gateway from a checkout: checks Node, builds what is out of date, runs it in this very process.
// Plain JavaScript without new syntax, so that a Node that is too old gets as far as the message.
import { spawn, spawnSync } from 'child_process';
import { createHash } from 'crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'fs';
import { dirname, join } from 'path';
import { fileURLToPath, pathToFileURL } from 'url';

const NODE_FLOOR = '24.7.0';
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, 'dist', '.sources');
const entry = join(root, 'dist', 'bin', 'switchyard.js');

function leave(line) {
  process.stderr.write('switchyard: ' + line + '\n');
  process.exit(1);
}

function isOlder(version, floor) {
  const have = version.split('.').map(Number);
  const want = floor.split('.').map(Number);
  for (let at = 0; at < 3; at++) if (have[at] !== want[at]) return have[at] < want[at];
  return false;
}

if (isOlder(process.versions.node, NODE_FLOOR)) {
  leave(
    'needs Node ' +
      NODE_FLOOR +
      ' or later, and this is ' +
      process.versions.node +
      '. "npm start" and "npx switchyard" bring their own on Linux; elsewhere, install Node 24.',
  );
}

// A digest of the paths, sizes and times of all sources: a few hundred stat calls, some milliseconds.
function digestOfSources() {
  const digest = createHash('sha1');
  const add = function (path) {
    const stat = statSync(path);
    digest.update(path + ' ' + stat.size + ' ' + stat.mtimeMs + '\n');
  };
  const walk = function (folder) {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const found of entries) {
      const path = join(folder, found.name);
      if (found.isDirectory()) {
        if (found.name !== 'node_modules' && found.name !== 'test' && found.name !== 'admin-ui') walk(path);
      } else if (/\.(ts|json)$/.test(found.name) && !found.name.endsWith('.spec.ts')) add(path);
    }
  };
  for (const folder of ['apps', 'libs']) walk(join(root, folder));
  // The bundle holds packages too.
  for (const file of [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts/bundle.mjs',
  ])
    add(join(root, file));
  return digest.digest('hex');
}

function build(digest) {
  const compiler = ['typescript-native', 'typescript']
    .map(function (name) {
      return join(root, 'node_modules', name, 'bin', 'tsc');
    })
    .find(existsSync);
  if (compiler === undefined) {
    if (existsSync(entry)) return;
    leave('the dependencies are missing: run "npm ci" first.');
  }
  process.stderr.write('switchyard: building …\n');
  for (const args of [[compiler, '-p', 'tsconfig.build.json', '--noCheck'], [join(root, 'scripts', 'bundle.mjs')]]) {
    const result = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (result.status !== 0) {
      process.stderr.write(result.stdout || '');
      leave('the build failed.');
    }
  }
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, digest);
}

function isFresh(digest) {
  return existsSync(entry) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === digest;
}

function run() {
  void import(pathToFileURL(entry).href);
}

/** The console beside the services, in a process of its own, so that neither waits for the other. */
function buildAll(adminUi) {
  const script = join(root, 'scripts', 'build-admin-ui.mjs');
  const building = adminUi.isUpToDate()
    ? null
    : spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'inherit'] });
  const digest = digestOfSources();
  if (!isFresh(digest)) build(digest);
  if (building === null) return run();
  building.on('close', function (code) {
    if (code !== 0)
      process.stderr.write('switchyard: the console could not be built; the gateway starts without it.\n');
    run();
  });
}

// An installed gateway has no sources: there is nothing to build.
if (existsSync(join(root, 'tsconfig.build.json'))) void import('./build-admin-ui.mjs').then(buildAll);
else run();
