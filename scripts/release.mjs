// `npm run release -- 0.2.0`: what is under "Unreleased" in the changelog becomes that version's, package.json and the lock
// file take the version, all of it is committed and tagged. Nothing is pushed.
// `node scripts/release.mjs --notes 0.2.0` prints what the changelog says of a version.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const leave = (line) => {
  process.stderr.write(`release: ${line}\n`);
  process.exit(1);
};
const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim();
const rewrite = (path, change) => writeFileSync(path, change(readFileSync(path, 'utf8')));

const SECTION = /^## \[([^\]]+)\].*\n([^]*?)(?=^## \[|(?![^]))/gm;
const sectionsOf = (changelog) =>
  new Map([...changelog.matchAll(SECTION)].map(([, name, text]) => [name, text.trim()]));

const notes = (version) => {
  const text = sectionsOf(readFileSync('CHANGELOG.md', 'utf8')).get(version);
  if (text === undefined) leave(`CHANGELOG.md has no section "${version}"`);
  process.stdout.write(`${text}\n`);
};

const isLater = (version, than) => {
  const [have, want] = [version, than].map((text) => text.split('.').map(Number));
  const at = have.findIndex((part, place) => part !== want[place]);
  return at >= 0 && have[at] > want[at];
};

const release = (version) => {
  const { version: current } = JSON.parse(readFileSync('package.json', 'utf8'));
  const isTagged = git('tag', '--list', `v${current}`) !== '';
  // The first release has the version that package.json began with.
  if (!isLater(version, current) && (isTagged || version !== current))
    leave(`${version} does not come after ${current}`);
  if (git('tag', '--list', `v${version}`) !== '') leave(`v${version} is tagged already`);
  if (git('status', '--porcelain') !== '') leave('there are changes that are not committed');
  const unreleased = sectionsOf(readFileSync('CHANGELOG.md', 'utf8')).get('Unreleased');
  if (!unreleased) leave('CHANGELOG.md has nothing under "Unreleased"');

  const today = new Date().toISOString().slice(0, 10);
  rewrite('CHANGELOG.md', (text) =>
    text.replace('## [Unreleased]\n', `## [Unreleased]\n\n## [${version}] - ${today}\n`),
  );
  const withVersion = (text) => text.replace(/("version": ")[^"]+/, `$1${version}`);
  rewrite('package.json', withVersion);
  // The lock file names it twice before the first package.
  rewrite('package-lock.json', (text) => {
    const end = text.indexOf('"node_modules/');
    const head = text.slice(0, end).replaceAll(/("version": ")[^"]+/g, `$1${version}`);
    return head + text.slice(end);
  });
  git('commit', '--quiet', '--all', '--message', `Release ${version}`);
  git('tag', '--annotate', `v${version}`, '--message', `Switchyard ${version}`);
  process.stdout.write(`v${version} is committed and tagged: git push --follow-tags\n`);
};

const [first = '', second = ''] = process.argv.slice(2);
const wanted = first === '--notes' ? second : first;
if (!/^\d+\.\d+\.\d+$/.test(wanted)) leave('give a version such as 0.2.0');
if (first === '--notes') notes(wanted);
else release(wanted);
