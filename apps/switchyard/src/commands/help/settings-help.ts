import { describeOptions, type Option, type Options } from '#libs/config';
import { platformOptions } from '#libs/service';
import { parts } from '../../gateway/parts.js';

/**
 * The settings of these names, or every setting, grouped by who reads it. A setting that several services read is shown
 * once. Throws a sentence when there is no setting of a name.
 */
export const settingsHelp = (names: readonly string[] = []): string => {
  if (names.length > 0) return describeOptions(Object.fromEntries(names.map((name) => [name, optionNamed(name)])));
  const shown = new Set(Object.keys(platformOptions));
  const groups = parts.map((part) => {
    const own: Options = Object.fromEntries(
      Object.entries(part.options as Options).filter(([name]) => !shown.has(name)),
    );
    for (const name of Object.keys(own)) shown.add(name);
    return { title: part.name, options: own };
  });
  return [
    'Settings, given as environment variables:',
    section('every service', platformOptions),
    ...groups.map((group) => section(group.title, group.options)),
  ].join('\n\n');
};

const optionNamed = (name: string): Option<unknown> => {
  const all: Options = Object.assign({}, platformOptions, ...parts.map(({ options }) => options as Options));
  const option = all[name];
  if (option === undefined) throw new Error(`There is no setting "${name}"; see help settings`);
  return option;
};

const section = (title: string, options: Options): string =>
  `${title}\n${describeOptions(options)
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')}`;
