import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { DataSource } from 'typeorm';
import { CallerAdmission } from '#libs/identity';
import { type RunningService, startService } from '#libs/service';
import { databaseToken } from '#libs/storage';
import { type Logger, createLogger } from '#libs/telemetry';
import { PATIENT_STORES, temporaryFolder } from '#libs/testing';
import { authService } from '../src/index.js';

export const ADMIN = 'admin@example.com';

/** The auth service as it runs embedded: its own PostgreSQL, its own secrets, real HTTP. */
export interface GivenAuth {
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly adminPassword: string;
  readonly running: RunningService;
  readonly database: DataSource;
  readonly admission: CallerAdmission;
  readonly logger: Logger;
  readonly logLines: readonly string[];
  call(
    method: string,
    path: string,
    options?: { token?: string; body?: unknown },
    // oxlint-disable-next-line typescript/no-explicit-any -- an answer under test, looked into by matchers
  ): Promise<{ status: number; body: any; headers: Headers }>;
  login(email: string, password: string): Promise<string>;
  close(): Promise<void>;
}

export const makeDataDir = async (): Promise<string> => temporaryFolder('auth');

export const givenAuth = async (more: Readonly<Record<string, string>> = {}, dir?: string): Promise<GivenAuth> => {
  const dataDir = dir ?? (await makeDataDir());
  const adminPassword = `pw ${randomBytes(12).toString('hex')}`;
  const env = {
    SWITCHYARD_DATA_DIR: dataDir,
    PORT: '0',
    PLATFORM_ADMIN_PASSWORD: adminPassword,
    ...PATIENT_STORES,
    ...more,
  };
  const logLines: string[] = [];
  const logger = createLogger({
    service: 'auth',
    level: 'trace',
    destination: { write: (line) => void logLines.push(line) },
  });
  const running = await startService({ parts: [authService], env, logger });
  const admission = new CallerAdmission(running.bus, {
    ttlMs: 3_600_000,
    staleMaxMs: 0,
    max: 100,
    authRequired: true,
  });

  const call: GivenAuth['call'] = async (method, path, { token, body } = {}) => {
    const response = await fetch(`${running.url}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text), headers: response.headers };
  };

  return {
    dataDir,
    env,
    adminPassword,
    running,
    database: running.application.get(databaseToken('auth'), { strict: false }),
    admission,
    logger,
    logLines,
    call,
    login: async (email, password) =>
      (await call('POST', '/auth/login', { body: { email, password } })).body.access_token,
    close: async () => {
      admission.close();
      await running.stop();
      if (dir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
};
