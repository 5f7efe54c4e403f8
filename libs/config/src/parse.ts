import { fail } from '#libs/errors';
import type { ConfigOf, Options } from './option.js';

/**
 * Reads every declared option from `env`. Throws one `config.invalid` that names every malformed value, so that the
 * operator mends them in one go. An empty variable counts as absent.
 */
export const parseConfig = <O extends Options>(
  options: O,
  env: Readonly<Record<string, string | undefined>>,
): ConfigOf<O> => {
  const config: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, option] of Object.entries(options)) {
    const text = env[name];
    if (text === undefined || text === '') {
      config[name] = option.defaultValue;
      continue;
    }
    try {
      config[name] = option.parse(text);
    } catch (error) {
      problems.push(option.secret ? `${name} is malformed${reason(error)}` : `${name}: ${(error as Error).message}`);
    }
  }
  if (problems.length > 0) throw fail('config.invalid', { message: problems.join('\n') });
  return config as ConfigOf<O>;
};

const reason = (error: unknown): string => (error instanceof Error ? `: ${error.message}` : '');

/** `--help`, and the body of the settings page: a block per option, in the order of declaration. */
export const describeOptions = (options: Options): string =>
  Object.entries(options)
    .map(([name, option]) => {
      const fallback =
        option.defaultValue === null || option.defaultValue === '' ? 'unset' : String(option.defaultValue);
      return `${name}  (${option.form}; default ${fallback})\n    ${option.prose}`;
    })
    .join('\n');
