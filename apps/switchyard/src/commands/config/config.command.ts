import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { type Options, parseConfig, processEnvironment, withSecretFiles } from '#libs/config';
import { localEnvironment } from '../../local/data-folder.js';
import { CommandFailure } from '../../terminal/failure.js';
import { jsonOption, type OutputOptions, quietOption, say, showList } from '../../terminal/output.js';
import { newCommand, nounCommand } from '../new-command.js';

/** `config check` and `config print`: the settings of the gateway that would start, or runs, here. */
export const configCommand = (): Command =>
  nounCommand(
    'config',
    'Settings, as a gateway that starts here has them. What each does: switchyard help settings [NAME].',
    checkCommand(),
    printCommand(),
  );

const allOptions = async (): Promise<Options> => {
  const [{ platformOptions }, { parts }] = await Promise.all([
    import('#libs/service'),
    import('../../gateway/parts.js'),
  ]);
  return Object.assign({}, platformOptions, ...parts.map(({ options }) => options as Options)) as Options;
};

const checkCommand = (): Command =>
  newCommand('check')
    .summary('whether every setting can be used')
    .description(
      'Reads every setting as a start does, starts nothing, and names all that are wrong. Ends with 1 where one is.',
    )
    .action(async () => {
      const options = await allOptions();
      parseConfig(options, withSecretFiles(options, localEnvironment()));
      const given = Object.keys(options).filter((name) => localEnvironment()[name]);
      say(`${given.length} of ${Object.keys(options).length} settings are given, and all can be used`);
    });

interface Setting {
  readonly name: string;
  readonly value: string;
  readonly source: 'environment' | '.env' | 'file' | 'default';
  readonly default: string;
}

const printCommand = (): Command =>
  newCommand('print')
    .summary('list settings with their values, and where each comes from')
    .description('Lists settings with their values, and where each comes from. Secrets are not shown.')
    .argument('[names...]', 'only these')
    .option('--given', 'only those that are not left at their defaults')
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async (names: readonly string[], { given, ...options }: OutputOptions & { readonly given?: true }) => {
      const all = await settings();
      const unknown = names.find((name) => !all.some((setting) => setting.name === name));
      if (unknown !== undefined) throw new CommandFailure(`there is no setting ${unknown}; see help settings`);
      const shown = all
        .filter(({ name }) => names.length === 0 || names.includes(name))
        .filter(({ source }) => given !== true || source !== 'default');
      showList(shown, {
        ...options,
        idOf: ({ name }) => name,
        empty: 'Every setting is left at its default.',
        columns: [
          ['setting', ({ name }) => name],
          ['value', ({ value }) => value],
          ['from', ({ source }) => source],
        ],
      });
    });

const MASK = '*****';

const settings = async (): Promise<readonly Setting[]> => {
  const env = localEnvironment();
  const own = processEnvironment();
  return Object.entries(await allOptions()).map(([name, { secret, defaultValue }]) => {
    const text = env[name];
    const fallback = defaultValue === null || defaultValue === undefined ? '' : String(defaultValue);
    if (text)
      return {
        name,
        value: secret ? MASK : text,
        source: own[name] === text ? 'environment' : '.env',
        default: fallback,
      };
    const file = secret ? env[`${name}_FILE`] : undefined;
    return file && existsSync(file)
      ? { name, value: MASK, source: 'file', default: fallback }
      : { name, value: fallback, source: 'default', default: fallback };
  });
};
