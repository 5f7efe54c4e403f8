import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface ComposeService {
  readonly image: string;
  readonly restart?: string;
  readonly healthcheck?: object;
  readonly build?: { readonly args?: Readonly<Record<string, string>> };
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly secrets?: readonly (string | { readonly source: string; readonly target: string })[];
  readonly command?: readonly string[];
  readonly deploy?: { readonly resources?: { readonly limits?: { readonly cpus?: string; readonly memory?: string } } };
}

const folder = path.resolve(import.meta.dirname, '../../docker');
const compose = parse(fs.readFileSync(path.join(folder, 'compose.yaml'), 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
};
const services = Object.entries(compose.services);
const OURS = ['ingress', 'auth', 'registry', 'tool-invocation', 'metrics'];
/** They do their work once and end. */
const JOBS = services.filter(([, { restart }]) => restart === 'on-failure').map(([name]) => name);
const MIGRATIONS = JOBS.filter((name) => name.startsWith('migrate-'));
const secretsOf = (name: string): string[] =>
  (compose.services[name]?.secrets ?? []).map((one) => (typeof one === 'string' ? one : one.source));

describe('the Compose file', () => {
  it.each(services)('limits the processor and the memory of %s', (_name, service) => {
    expect(service.deploy?.resources?.limits).toEqual({ cpus: expect.any(String), memory: expect.any(String) });
  });

  it.each(services.filter(([name]) => ![...OURS, ...JOBS].includes(name)))(
    'checks the health of %s (ours have it in the image)',
    (_name, { healthcheck }) => {
      expect(healthcheck).toBeDefined();
    },
  );

  it('waits for, mounts and joins only what there is', () => {
    for (const [name, { depends_on = {}, volumes = [] }] of services) {
      for (const other of Object.keys(depends_on)) expect(compose.services, name).toHaveProperty([other]);
      for (const volume of volumes) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('.')) expect(fs.existsSync(path.join(folder, source)), volume).toBe(true);
        else expect(compose.volumes, volume).toHaveProperty([source]);
      }
    }
  });

  it('has a NATS server that finds out within seconds that a client is gone, as the other configurations have', () => {
    expect(compose.services['nats']?.command).toEqual(['--config', '/etc/nats/nats.conf']);
    const root = path.resolve(folder, '..');
    for (const file of ['docker/nats.conf', 'deploy/nats/nats.conf', 'deploy/helm/switchyard/templates/nats.yaml']) {
      const text = fs.readFileSync(path.join(root, file), 'utf8');
      expect(text, file).toMatch(/^\s*ping_interval: "[12]s"$/m);
      expect(text, file).toMatch(/^\s*ping_max: 2$/m);
    }
  });

  it('lets tool-invocation and the edge alone reach outside', () => {
    const outside = services.filter(([, { networks = [] }]) => networks.includes('outside'));
    expect(outside.map(([name]) => name).toSorted()).toEqual(['nginx', 'tool-invocation']);
  });

  it('gives each container the secrets of its own work as files, and tool-invocation that for NATS alone', () => {
    expect(Object.fromEntries(services.map(([name]) => [name, secretsOf(name)]))).toEqual({
      nginx: [],
      ingress: ['nats_url_ingress', 'redis_url_ingress', 'state_secret'],
      auth: ['nats_url_auth', 'database_url_auth', 'jwt_secret_key', 'auth_encryption_secret'],
      registry: ['nats_url_registry', 'database_url_registry'],
      'tool-invocation': ['nats_url_tool-invocation'],
      metrics: ['nats_url_metrics', 'database_url_metrics', 'redis_url_metrics'],
      nats: ['nats_passwords'],
      redis: ['redis_users'],
      postgres: ['postgres_password'],
      'postgres-roles': ['postgres_password', 'postgres_roles'],
      'migrate-auth': ['database_url_auth'],
      'migrate-registry': ['database_url_registry'],
      'migrate-metrics': ['database_url_metrics'],
      pgbouncer: ['pgbouncer_users'],
    });
    expect(Object.keys(compose.secrets).toSorted()).toEqual(
      [...new Set(services.flatMap(([name]) => secretsOf(name)))].toSorted(),
    );
  });

  it('names for each service the file of each secret that it is given, and no secret itself', () => {
    const own = ['PLATFORM_ADMIN_PASSWORD', /_PREVIOUS$/];
    for (const name of [...OURS, ...MIGRATIONS]) {
      const { environment = {}, secrets = [] } = compose.services[name] ?? {};
      const files = Object.values(environment).filter((value) => value?.startsWith('/run/secrets/'));
      expect(files.toSorted(), name).toEqual(
        secrets.map((one) => `/run/secrets/${typeof one === 'string' ? one : one.target}`).toSorted(),
      );
      const values = Object.keys(environment).filter(
        (key) => /SECRET|PASSWORD|_URL/.test(key) && !key.endsWith('_FILE'),
      );
      expect(
        values.filter((key) => !own.some((known) => key.match(known))),
        name,
      ).toEqual([]);
    }
  });

  it('brings the tables of each service that has some up to date before it starts', () => {
    const owners = OURS.filter((name) => secretsOf(name).includes(`database_url_${name}`));
    expect(owners).toEqual(['auth', 'registry', 'metrics']);
    expect(MIGRATIONS).toEqual(owners.map((name) => `migrate-${name}`));
    for (const name of owners) {
      expect(compose.services[`migrate-${name}`]?.command).toEqual(['switchyard', 'migrate', '--only', name]);
      expect(compose.services[name]?.depends_on?.[`migrate-${name}`]).toEqual({
        condition: 'service_completed_successfully',
      });
    }
  });

  it('takes every image by a variable, so that it can be a digest', () => {
    for (const [name, { image }] of services) expect(image, name).toMatch(/^\$\{[A-Z]+_IMAGE:-[^}]+\}$/);
    const args = Object.values(compose.services['ingress']?.build?.args ?? {});
    expect(args).toEqual(['${NODE_IMAGE:-node:24-bookworm-slim}']);
    const dockerfile = fs.readFileSync(path.join(folder, 'Dockerfile'), 'utf8');
    expect([...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)).toEqual([
      '${NODE_IMAGE}',
      '${NODE_IMAGE}',
    ]);
  });

  it('builds an image from everything that its sources import and its build runs', () => {
    const root = path.resolve(folder, '..');
    const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');
    const copied = [...read('docker/Dockerfile').matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, from = '']) =>
      from.split(' '),
    );
    const isCopied = (file: string): boolean => copied.some((one) => file === one || file.startsWith(`${one}/`));
    const sources = copied
      .flatMap((one) =>
        fs.statSync(path.join(root, one)).isDirectory()
          ? fs.readdirSync(path.join(root, one), { recursive: true, encoding: 'utf8' }).map((file) => `${one}/${file}`)
          : [one],
      )
      .filter((file) => /\.m?ts$|\.mjs$/.test(file) && !/\.spec\.ts$|\/test\/|\/node_modules\//.test(file));
    expect(sources.length).toBeGreaterThan(500);
    const imported = sources.flatMap((file) =>
      [...read(file).matchAll(/(?:^|\s)(?:from|import) ?\(?'(\.\.?\/[^']+)'/g)].map(([, to = '']) => ({
        file,
        to: path.posix.join(path.posix.dirname(file), to),
      })),
    );
    expect(imported.length).toBeGreaterThan(500);
    expect(imported.filter(({ to }) => !isCopied(to))).toEqual([]);
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    const named = [...(scripts['build'] ?? '').matchAll(/(?<= )(?!node_modules)[\w./-]+\.(?:mjs|json)/g)].map(
      ([one]) => one,
    );
    expect(named).toEqual(['tsconfig.build.json', 'scripts/bundle.mjs', 'scripts/build-admin-ui.mjs']);
    expect(named.filter((file) => !isCopied(file))).toEqual([]);
  });

  it('gives PgBouncer fewer connections than Postgres has', () => {
    const { command = [] } = compose.services['postgres'] ?? {};
    const most = Number(command.find((word) => word.startsWith('-cmax_connections='))?.split('=')[1]);
    const settings = fs.readFileSync(path.join(folder, 'pgbouncer.ini'), 'utf8');
    const setting = (name: string) => Number(new RegExp(`^${name} = (\\d+)$`, 'm').exec(settings)?.[1]);
    const roles = OURS.filter((name) => secretsOf(name).includes(`database_url_${name}`)).length;
    const wanted = roles * (setting('default_pool_size') + setting('reserve_pool_size'));
    expect(wanted).toBeLessThanOrEqual(setting('max_db_connections'));
    expect(setting('max_db_connections')).toBeLessThan(most - 10);
  });
});
