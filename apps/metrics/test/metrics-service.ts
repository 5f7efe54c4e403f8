import { rmSync } from 'node:fs';
import { Writable } from 'node:stream';
import type { DataSource } from 'typeorm';
import type { Bus } from '#libs/bus';
import { AdmitCaller } from '#contracts/auth/admit-caller.request';
import type { Principal } from '#contracts/auth/principal';
import { type CallRecord, RecordCalls } from '#contracts/metrics/record-calls.request';
import { fail } from '#libs/errors';
import { type RunningService, startService } from '#libs/service';
import { databaseToken } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { PATIENT_STORES, temporaryFolder } from '#libs/testing';
import { metricsService } from '../src/index.js';
import { KeptSumsService } from '../src/records/kept-sums.service.js';

const ADMIN: Principal = {
  id: 'admin@example.com',
  kind: 'user',
  isAdmin: true,
  teams: null,
  permissions: ['*'],
  serverId: null,
  tokenId: null,
};

/** By credential. */
const CALLERS: Readonly<Record<string, Partial<Principal>>> = {
  admin: { id: 'admin' },
  'admin-of-a-team': { id: 'admin', teams: ['t1'], tokenId: 'of-a-team', isNarrowed: true },
  member: { id: 'member', isAdmin: false, permissions: ['tools.read'] },
  auditor: { id: 'auditor', isAdmin: false, permissions: ['admin.security_audit'] },
  'narrowed-member': { id: 'member', isAdmin: false, permissions: ['tools.read'], tokenId: 'own', isNarrowed: true },
};

/** The whole metrics service in this process, with a database of its own and an auth that knows some tokens. */
export interface MetricsService {
  readonly running: RunningService;
  readonly bus: Bus;
  readonly database: DataSource;
  readonly logged: string[];
  record(records: readonly CallRecord[]): Promise<number>;
  get(path: string, token?: string | null): Promise<Response>;
  /** Auth knows this credential no more. */
  forget(credential: string): void;
  prometheus(): Promise<Map<string, number>>;
  empty(): Promise<void>;
  stop(): Promise<void>;
}

export const startMetrics = async (env: Record<string, string> = {}): Promise<MetricsService> => {
  const folder = temporaryFolder('metrics');
  const logged: string[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logged.push(chunk.toString());
      done();
    },
  });
  const running = await startService({
    parts: [metricsService],
    env: { SWITCHYARD_DATA_DIR: folder, PORT: '0', ...PATIENT_STORES, ...env },
    logger: createLogger({ service: 'metrics', level: 'info', destination }),
  });
  const { bus } = running;
  const forgotten = new Set<string>();
  bus.answer(AdmitCaller, async ({ credential }) => {
    const facts = CALLERS[credential ?? ''];
    if (facts === undefined || forgotten.has(credential ?? '')) throw fail('auth.credential_invalid');
    return { principal: { ...ADMIN, ...facts }, expiresAtMs: Date.now() + 60_000 };
  });
  const database = running.application.get<DataSource>(databaseToken('metrics'), { strict: false });
  const get = (path: string, token: string | null = 'admin'): Promise<Response> =>
    fetch(`${running.url}${path}`, { headers: token === null ? {} : { authorization: `Bearer ${token}` } });
  return {
    running,
    bus,
    database,
    logged,
    record: async (records) => (await bus.ask(RecordCalls, { records })).head.accepted,
    get,
    forget: (credential) => void forgotten.add(credential),
    prometheus: async () => parsePrometheus(await (await get('/metrics/prometheus')).text()),
    empty: async () => {
      await database.query('TRUNCATE metrics.calls, metrics.rollups, metrics.refused_records');
      running.application.get(KeptSumsService, { strict: false }).drop();
    },
    stop: async () => {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\]|\\.)*",?)*)\})? (\S+)(?: \d+)?$/;

/** Samples by name and sorted labels. Throws on a line that is neither a sample nor a comment. */
export const parsePrometheus = (text: string): Map<string, number> => {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ') || line.startsWith('# TYPE ')) continue;
    const match = SAMPLE.exec(line);
    if (match === null) throw new Error(`not a sample: ${line}`);
    const labels = (match[2] ?? '').match(/[a-zA-Z_]\w*="(?:[^"\\]|\\.)*"/g) ?? [];
    samples.set(`${match[1]}{${labels.sort().join(',')}}`, Number(match[3]));
  }
  return samples;
};
