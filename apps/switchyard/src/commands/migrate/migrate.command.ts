import type { Command } from 'commander';
import { gatewayEnvironment } from '#libs/config';
import type { MigratedService } from '#libs/service';
import { createLogger } from '#libs/telemetry';
import { UsageError } from '../../terminal/failure.js';
import { newCommand } from '../new-command.js';

/** `migrate`: brings the database up to date before a new version starts. */
export const migrateCommand = (): Command =>
  newCommand('migrate')
    .description(
      'Brings the tables of every service up to date, in the database that DATABASE_URL or SWITCHYARD_DATA_DIR names, and ' +
        'waits for it as a start does. Services do so themselves when they start; this does it before, so that a new version ' +
        'whose migrations fail is not rolled out. Of a migration that fails, nothing stays.',
    )
    .option('--plan', 'print what would be run, and run nothing')
    .option('--only <service>', 'of this service alone: auth, registry or metrics')
    .action(async ({ plan: planOnly = false, only }: { readonly plan?: boolean; readonly only?: string }) => {
      const [{ migrateServices }, { parts }] = await Promise.all([
        import('#libs/service'),
        import('../../gateway/parts.js'),
      ]);
      const services = parts.filter(({ needs }) => needs.database !== undefined).map(({ name }) => name);
      if (only !== undefined && !services.some((name) => name === only))
        throw new UsageError(`"${only}" is no service with a database; there are ${services.join(', ')}`);
      const stopping = new AbortController();
      for (const name of ['SIGTERM', 'SIGINT'] as const)
        process.once(name, () => stopping.abort(new Error(`stopped by ${name}`)));
      const migrated = migrateServices({
        parts: parts.filter(({ name }) => only === undefined || name === only),
        env: gatewayEnvironment(),
        logger: createLogger({ service: 'switchyard', level: 'warn', to: 'stderr' }),
        signal: stopping.signal,
        planOnly,
      });
      for await (const service of migrated) process.stdout.write(`${describe(service, planOnly)}\n`);
    });

const describe = ({ service, plan: { done, pending, unknown } }: MigratedService, planOnly: boolean): string => {
  const what = pending.length === 0 ? 'up to date' : `${pending.length} ${planOnly ? 'to run' : 'run'}`;
  return [
    `${service}: ${what}, ${done.length} run before`,
    ...pending.map((name) => `  ${name}`),
    ...unknown.map((name) => `  ${name} was run by another version`),
  ].join('\n');
};
