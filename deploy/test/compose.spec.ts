import fs from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface ComposeService {
  readonly image: string;
  readonly restart?: string;
  readonly profiles?: readonly string[];
  readonly healthcheck?: object;
  readonly build?: { readonly args?: Readonly<Record<string, string>> };
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[] | Readonly<Record<string, { readonly aliases?: readonly string[] }>>;
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
const JOBS = services.filter(([, { restart }]) => restart !== 'unless-stopped').map(([name]) => name);
const SECOND = OURS.map((name) => `${name}-2`);
const networksOf = ({ networks = [] }: ComposeService): string[] =>
  Array.isArray(networks) ? networks : Object.keys(networks);
const MIGRATIONS = JOBS.filter((name) => name.startsWith('migrate-'));
/** Images that may have no program to ask with; Prometheus tells when they are away. */
const ONLY_SCRAPED = ['jaeger', 'loki', 'nginx-exporter'];
const SSO = parseEnv(fs.readFileSync(path.join(folder, 'keycloak/settings.env'), 'utf8')) as Record<string, string>;
/** What each of ours needs for its own work. */
const OF_OURS: Readonly<Record<string, readonly string[]>> = {
  ingress: ['nats_url_ingress', 'redis_url_ingress', 'certificate_authority', 'state_secret'],
  auth: [
    'nats_url_auth',
    'database_url_auth',
    'certificate_authority',
    'jwt_secret_key',
    'auth_encryption_secret',
    'sso_client_secret',
  ],
  registry: ['nats_url_registry', 'database_url_registry', 'certificate_authority'],
  'tool-invocation': ['nats_url_tool-invocation', 'certificate_authority'],
  metrics: ['nats_url_metrics', 'database_url_metrics', 'redis_url_metrics', 'certificate_authority'],
};
const OF_SSO = { SSO_KEYCLOAK_CLIENT_SECRET_FILE: SSO['SSO_KEYCLOAK_CLIENT_SECRET_FILE'] ?? '' };
const OF_NATS = ['nats_passwords', 'nats_certificate', 'nats_key', 'certificate_authority'];
const OF_COMMANDS = ['database_url_auth', 'jwt_secret_key', 'auth_encryption_secret', 'sso_client_secret'];
const secretsOf = (name: string): string[] =>
  (compose.services[name]?.secrets ?? []).map((one) => (typeof one === 'string' ? one : one.source));

describe('the Compose file', () => {
  it.each(services)('limits the processor and the memory of %s', (_name, service) => {
    expect(service.deploy?.resources?.limits).toEqual({ cpus: expect.any(String), memory: expect.any(String) });
  });

  it.each(services.filter(([name]) => ![...OURS, ...SECOND, ...JOBS, ...ONLY_SCRAPED].includes(name)))(
    'the Compose file checks the health of %s (ours have it in the image)',
    (_name, { healthcheck }) => {
      expect(healthcheck).toBeDefined();
    },
  );

  it('the Compose file waits for, mounts and joins only what there is', () => {
    for (const [name, { depends_on = {}, volumes = [] }] of services) {
      for (const other of Object.keys(depends_on)) expect(compose.services, name).toHaveProperty([other]);
      for (const volume of volumes) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('/')) expect(name, 'the folders of the host are read by it alone').toBe('cadvisor');
        else if (source.startsWith('.')) expect(fs.existsSync(path.join(folder, source)), volume).toBe(true);
        else expect(compose.volumes, volume).toHaveProperty([source]);
      }
    }
  });

  it('the Compose file has a NATS server that finds out within seconds that a client is gone, as the other configurations have', () => {
    expect(compose.services['nats']?.command).toEqual(['--config', '/etc/nats/nats.conf']);
    const root = path.resolve(folder, '..');
    for (const file of ['docker/nats.conf', 'deploy/nats/nats.conf', 'deploy/helm/switchyard/templates/nats.yaml']) {
      const text = fs.readFileSync(path.join(root, file), 'utf8');
      expect(text, file).toMatch(/^\s*ping_interval: "[12]s"$/m);
      expect(text, file).toMatch(/^\s*ping_max: 2$/m);
    }
  });

  it('the Compose file lets tool-invocation and what publishes a port alone reach outside', () => {
    const outside = services.filter(([, service]) => networksOf(service).includes('outside'));
    // To publish a port is to be in a network that leads outside.
    const published = ['alertmanager', 'grafana', 'keycloak', 'nginx', 'nginx-tls'];
    expect(outside.map(([name]) => name).toSorted()).toEqual([...published, 'tool-invocation', 'tool-invocation-2']);
  });

  it('the Compose file gives each container the secrets of its own work as files, and tool-invocation those for NATS alone', () => {
    const expected: Readonly<Record<string, readonly string[]>> = {
      nginx: [],
      'nginx-tls': ['edge_certificate', 'edge_key'],
      ...Object.fromEntries(OURS.flatMap((name) => [name, `${name}-2`].map((one) => [one, OF_OURS[name]]))),
      ...Object.fromEntries(['nats', 'nats-2', 'nats-3'].map((name) => [name, OF_NATS])),
      redis: ['redis_users'],
      postgres: ['postgres_password'],
      'postgres-roles': ['postgres_password', 'postgres_roles'],
      'migrate-auth': ['database_url_auth'],
      'migrate-registry': ['database_url_registry'],
      'migrate-metrics': ['database_url_metrics'],
      pgbouncer: ['pgbouncer_users'],
      'command-line': OF_COMMANDS,
      sample: [],
      'sample-registration': OF_COMMANDS,
      k6: [],
      prometheus: [],
      grafana: ['grafana_admin_password'],
      alertmanager: ['alert_webhook_url'],
      loki: [],
      jaeger: [],
      cadvisor: [],
      'nginx-exporter': [],
      'nats-exporter': [],
      'redis-exporter': ['redis_monitoring_password'],
      'postgres-monitoring-role': ['postgres_password', 'postgres_monitoring_role'],
      'postgres-exporter': ['postgres_monitoring_password'],
      'pgbouncer-exporter': ['postgres_monitoring_password'],
      keycloak: [
        'keycloak_certificate',
        'keycloak_key',
        'keycloak_admin_password',
        'keycloak_person_password',
        'sso_client_secret',
      ],
    };
    expect(services.map(([name]) => name).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const [name] of services) expect(secretsOf(name).toSorted(), name).toEqual(expected[name]?.toSorted());
    expect(Object.keys(compose.secrets).toSorted()).toEqual(
      [...new Set(services.flatMap(([name]) => secretsOf(name)))].toSorted(),
    );
  });

  it('names for each service the file of each secret that it is given, and no secret itself', () => {
    const own = ['PLATFORM_ADMIN_PASSWORD', /_PREVIOUS$/];
    for (const name of [...OURS, ...MIGRATIONS]) {
      const { environment = {}, secrets = [] } = compose.services[name] ?? {};
      // With the settings of the profile `sso`, which each of ours is given.
      const settings = { ...environment, ...(secretsOf(name).includes('sso_client_secret') && OF_SSO) };
      const files = Object.values(settings).filter((value) => value?.startsWith('/run/secrets/'));
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

  it('the Compose file brings the tables of each service that has some up to date before it starts', () => {
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

  it('the Compose file starts what is optional with a profile alone, and has each documented', () => {
    const profiles = new Set(services.flatMap(([, { profiles: of = [] }]) => of));
    const page = fs.readFileSync(path.join(folder, '../docs/operations/deploy.md'), 'utf8');
    for (const profile of profiles) expect(page).toContain(`| \`${profile}\` |`);
    const always = services.filter(([, { profiles: of }]) => of === undefined).map(([name]) => name);
    for (const name of always)
      for (const other of Object.keys(compose.services[name]?.depends_on ?? {})) expect(always).toContain(other);
  });

  it('runs each service twice under the name of one, with a folder each, in the profile `resilience`', () => {
    for (const name of OURS) {
      const { networks, volumes, profiles, ...second } = compose.services[`${name}-2`] ?? {};
      const first = compose.services[name];
      expect(profiles).toEqual(['resilience']);
      expect(networks).toMatchObject({ inside: { aliases: [name] } });
      expect(volumes).not.toEqual(first?.volumes);
      expect(first).toMatchObject(second);
    }
  });

  it('the Compose file has a realm whose client is the one that the settings of the profile `sso` name', () => {
    const realm = JSON.parse(fs.readFileSync(path.join(folder, 'keycloak/realm.json'), 'utf8')) as {
      readonly realm: string;
      readonly groups: readonly { readonly name: string }[];
      readonly roles: { readonly realm: readonly { readonly name: string }[] };
      readonly clients: readonly { readonly clientId: string; readonly redirectUris: readonly string[] }[];
      readonly users: readonly { readonly email: string }[];
    };
    const [client] = realm.clients;
    expect(realm.realm).toBe(SSO['SSO_KEYCLOAK_REALM']);
    expect(client?.clientId).toBe(SSO['SSO_KEYCLOAK_CLIENT_ID']);
    expect(client?.redirectUris).toContain(`${SSO['PUBLIC_URL']}/auth/sso/callback/keycloak`);
    const { keycloak: rules } = JSON.parse(SSO['SSO_RULES'] ?? '') as {
      readonly keycloak: readonly { readonly value: string }[];
    };
    expect(rules.map(({ value }) => value)).toEqual([realm.groups[0]?.name, realm.roles.realm[0]?.name]);
    expect(realm.users.map(({ email }) => email.split('@')[1])).toEqual([SSO['SSO_TRUSTED_DOMAINS']]);
    const { environment } = compose.services['keycloak'] ?? {};
    expect(environment?.['KC_HOSTNAME']).toBe(SSO['SSO_KEYCLOAK_BASE_URL']);
    const settings = new Set(
      [...fs.readFileSync(path.join(folder, '../docs/reference/settings.md'), 'utf8').matchAll(/^\| `(\w+)`/gm)].map(
        ([, name = '']) => name,
      ),
    );
    const unknown = Object.keys(SSO).filter((name) => !settings.has(name.replace(/_FILE$/, '')));
    expect(unknown).toEqual(['NODE_EXTRA_CA_CERTS']);
  });

  it('the Compose file takes every image by a variable, so that it can be a digest', () => {
    for (const [name, { image }] of services) expect(image, name).toMatch(/^\$\{[A-Z0-9_]+_IMAGE:-[^}]+\}$/);
    const args = Object.values(compose.services['ingress']?.build?.args ?? {});
    expect(args).toEqual(['${NODE_IMAGE:-node:24-bookworm-slim}']);
    const dockerfile = fs.readFileSync(path.join(folder, 'Dockerfile'), 'utf8');
    expect([...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)).toEqual([
      '${NODE_IMAGE}',
      '${NODE_IMAGE}',
    ]);
  });

  it('the image has the example of a catalog where the guide says', () => {
    const root = path.resolve(folder, '..');
    const last =
      fs
        .readFileSync(path.join(folder, 'Dockerfile'), 'utf8')
        .split(/^FROM /m)
        .at(-1) ?? '';
    expect(last).toMatch(/^WORKDIR \/app$/m);
    expect(last).toMatch(/^COPY examples\/mcp-catalog\.yml examples\/$/m);
    expect(fs.existsSync(path.join(root, 'examples/mcp-catalog.yml'))).toBe(true);
    const ignored = fs.readFileSync(path.join(root, '.dockerignore'), 'utf8').split('\n');
    expect(ignored.filter((line) => line.startsWith('examples'))).toEqual([]);
    expect(fs.readFileSync(path.join(root, 'docs/guides/known-servers.md'), 'utf8')).toContain(
      '`/app/examples/mcp-catalog.yml`',
    );
  });

  it('the Compose file builds an image from everything that its sources import and its build runs', () => {
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

  it('the Compose file gives PgBouncer fewer connections than Postgres has', () => {
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
