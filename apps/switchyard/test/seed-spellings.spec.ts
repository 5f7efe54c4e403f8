import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { GatewayProcess, temporaryFolder } from './gateway-process.js';

let folder: ReturnType<typeof temporaryFolder>;
let postgres: EmbeddedPostgres;
let gateway: GatewayProcess | null = null;

beforeAll(async () => {
  folder = temporaryFolder();
  const logger = createLogger({ service: 'test', level: 'silent' });
  postgres = await startEmbeddedPostgres({ dataDir: join(folder.path, 'postgres'), logger });
});
afterEach(async () => {
  await gateway?.kill('SIGKILL');
  gateway = null;
});
afterAll(async () => {
  await postgres.stop();
  folder.remove();
});

describe('a gateway that is set up as ContextForge is', () => {
  it('a gateway starts with the .env of ContextForge, and names in one warning what has no effect', async () => {
    const { socketDir } = postgres.location as { socketDir: string };
    const lines = [
      '# of another gateway',
      `DATABASE_URL=postgresql+psycopg://postgres@localhost/postgres?host=${encodeURIComponent(socketDir)}`,
      'CACHE_TYPE=database',
      `JWT_SECRET_KEY="${randomBytes(48).toString('base64url')}"`,
      `AUTH_ENCRYPTION_SECRET='${randomBytes(48).toString('base64url')}'`,
      'ALLOWED_ORIGINS=["http://localhost","https://app.example"]',
      'LOG_LEVEL=WARNING',
      'GUNICORN_WORKERS=24',
      'PLUGINS_ENABLED=true',
      'PORT=1',
    ];
    writeFileSync(join(folder.path, '.env'), `${lines.join('\n')}\n`);
    gateway = await GatewayProcess.start({ cwd: folder.path });
    await gateway.ready();
    const warnings = gateway.stderr.split('\n').filter((line) => line.includes('have no effect here'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/GUNICORN_WORKERS \(.*PLUGINS_ENABLED \(/);

    // The port of the environment, not that of the file; the origin of the file.
    const answer = await fetch(`${gateway.url}/health`, { headers: { origin: 'https://app.example' } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, 'https://app.example']);

    const token = await GatewayProcess.start({
      cwd: folder.path,
      args: ['token', 'create', '--user', 'admin@example.com', '--admin'],
    });
    await token.ended;
    const headers = { authorization: `Bearer ${token.stdout.trim()}` };
    expect((await fetch(`${gateway.url}/v1/gateways`, { headers })).status).toBe(200);
  });
});
