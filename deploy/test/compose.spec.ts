import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface ComposeService {
  readonly image: string;
  readonly healthcheck?: object;
  readonly build?: object;
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly depends_on?: Readonly<Record<string, object>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly deploy?: { readonly resources?: { readonly limits?: { readonly cpus?: string; readonly memory?: string } } };
}

const folder = path.resolve(import.meta.dirname, '../../docker');
const compose = parse(fs.readFileSync(path.join(folder, 'compose.yaml'), 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);
const OURS = ['ingress', 'auth', 'registry', 'tool-invocation', 'metrics'];

describe('the Compose file', () => {
  it.each(services)('limits the processor and the memory of %s', (_name, service) => {
    expect(service.deploy?.resources?.limits).toEqual({ cpus: expect.any(String), memory: expect.any(String) });
  });

  it.each(services.filter(([name]) => !OURS.includes(name)))(
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

  it('gives each service the secrets of its own work, and tool-invocation none', () => {
    const secrets = ['DATABASE_URL', 'REDIS_URL', 'JWT_SECRET_KEY', 'AUTH_ENCRYPTION_SECRET'];
    const given = OURS.map((name) => [
      name,
      secrets.filter((secret) => secret in (compose.services[name]?.environment ?? {})),
    ]);
    expect(Object.fromEntries(given)).toEqual({
      ingress: ['REDIS_URL', 'JWT_SECRET_KEY'],
      auth: ['DATABASE_URL', 'JWT_SECRET_KEY', 'AUTH_ENCRYPTION_SECRET'],
      registry: ['DATABASE_URL'],
      'tool-invocation': [],
      metrics: ['DATABASE_URL', 'REDIS_URL'],
    });
    for (const name of OURS) expect(compose.services[name]?.environment).toHaveProperty('NATS_URL');
  });

  it('gives PgBouncer fewer connections than Postgres has', () => {
    const { command = [] } = compose.services['postgres'] ?? {};
    const most = command.find((word) => word.startsWith('-cmax_connections='))?.split('=')[1];
    const { MAX_DB_CONNECTIONS, DEFAULT_POOL_SIZE, RESERVE_POOL_SIZE } =
      compose.services['pgbouncer']?.environment ?? {};
    expect(Number(DEFAULT_POOL_SIZE) + Number(RESERVE_POOL_SIZE)).toBeLessThanOrEqual(Number(MAX_DB_CONNECTIONS));
    expect(Number(MAX_DB_CONNECTIONS)).toBeLessThan(Number(most) - 10);
  });
});
