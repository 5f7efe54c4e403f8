// A folder with more files than this holds more than one idea.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const FILES_PER_FOLDER_MAX = 15;

/** Migrations stay where they are, and their number grows. */
const GROWS = /\/storage\/migrations$/;

const isProduct = (name) => /\.tsx?$/.test(name) && !name.endsWith('.spec.ts');

const below = (root, folder) =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [`${folder}/${entry.name}`, ...below(root, `${folder}/${entry.name}`)] : [],
  );

/** The folders of the apps and libraries that hold too many source files, with the number; specs are not counted. */
export const crowdedFolders = (root) =>
  ['apps', 'libs']
    .flatMap((side) => readdirSync(join(root, side)).map((name) => `${side}/${name}/src`))
    .filter((source) => existsSync(join(root, source)))
    .flatMap((source) => [source, ...below(root, source)])
    .filter((folder) => !GROWS.test(folder))
    .map((folder) => ({ folder, files: readdirSync(join(root, folder)).filter(isProduct).length }))
    .filter(({ files }) => files > FILES_PER_FOLDER_MAX);
