import type { Options } from '#libs/config';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the value of a setting comes from. */
export const SETTING_SOURCES = ['default', 'environment', 'file', 'gateway'] as const;
/** One of `SETTING_SOURCES`. `file`: a secret file; `gateway`: made by the gateway itself, which keeps its own database. */
export type SettingSource = (typeof SETTING_SOURCES)[number];

/** A setting as the process has it. */
export interface SettingReport {
  readonly name: string;
  /** As text; null: unset, or a secret. */
  readonly value: string | null;
  readonly isSet: boolean;
  readonly source: SettingSource;
  /** As text; null: unset. */
  readonly default: string | null;
  readonly isSecret: boolean;
  readonly form: string;
  readonly prose: string;
}

/** What was given, what of it secret files held, what the gateway made itself, and the values that count. */
export interface SettingSources {
  readonly given: Environment;
  readonly made: Environment;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Tells of each option what it is and why; of a secret only whether there is one. */
export const settingsReport = (options: Options, { given, made, values }: SettingSources): readonly SettingReport[] =>
  Object.entries(options).map(([name, { defaultValue, secret, form, prose }]) => {
    const value = shown(values[name]);
    return {
      name,
      value: secret ? null : value,
      isSet: value !== null,
      source: sourceOf(name, given, made),
      default: secret ? null : shown(defaultValue),
      isSecret: secret,
      form,
      prose,
    };
  });

const sourceOf = (name: string, given: Environment, made: Environment): SettingSource => {
  if (given[name]) return 'environment';
  if (given[`${name}_FILE`]) return 'file';
  return made[name] ? 'gateway' : 'default';
};

const shown = (value: unknown): string | null => {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.length === 0 ? null : value.join(', ');
  return typeof value === 'string' ? value || null : JSON.stringify(value);
};
