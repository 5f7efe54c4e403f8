import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import {
  LeaseParkedCall,
  type CallAnswer,
  type CallFrame,
  type CallRecord,
  CheckUpstream,
  ContinueCall,
  DiscoverUpstream,
  ExecuteCall,
  PresentUpstreamCredential,
  RecordCalls,
  ResolveUpstream,
  type UpstreamCall,
  type UpstreamCredential,
  UpstreamListChanged,
  type UpstreamProfile,
} from '#libs/contracts';
import { vi } from 'vitest';
import { fail } from '#libs/errors';
import { startService } from '#libs/service';
import { temporaryFolder } from '#libs/testing';
import { createLogger } from '#libs/telemetry';
import { toolInvocationService } from '../src/index.js';

export interface Called {
  readonly answer: CallAnswer;
  readonly body: string | undefined;
  readonly frames: CallFrame[];
  readonly instance: string;
}

export interface CallOptions extends Partial<Omit<UpstreamCall, 'upstreamId'>> {
  readonly body?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** How long an answer may take where a test says nothing of it. */
const PATIENCE_MS = 60_000;

/** The service as it runs, with registry, auth and metrics played by the test. */
export const givenInvocation = async (env: Record<string, string> = {}) => {
  const folder = temporaryFolder('invocation');
  const logger = createLogger({
    service: 'tool-invocation',
    level: (process.env.TEST_LOG_LEVEL ?? 'silent') as 'silent',
  });
  const running = await startService({
    parts: [toolInvocationService],
    env: {
      SWITCHYARD_DATA_DIR: folder,
      PORT: '0',
      PATH: process.env.PATH ?? '',
      METRICS_BUFFER_ENABLED: 'false',
      // Tests of the sandbox have their own; here it would make a difference whether bubblewrap is installed.
      STDIO_SANDBOX: 'off',
      ...env,
    },
    logger,
  });
  const { bus } = running;
  const profiles = new Map<string, UpstreamProfile>();
  const credentials = new Map<string, UpstreamCredential>();
  /** Access tokens by upstream: the value, which is its id as well, by the one that was refused. */
  const tokens = new Map<string, (refused: string | undefined) => string | Promise<string>>();
  /** Upstreams whose token came of the consent of the caller. */
  const personal = new Set<string>();
  const records = new Map<string, CallRecord>();
  const listChanges: { upstreamId: string; list: string; atMs: number }[] = [];
  bus.answer(ResolveUpstream, async ({ upstreamId }) => {
    const profile = profiles.get(upstreamId);
    if (profile === undefined) throw fail('upstream.unknown');
    return profile;
  });
  bus.answer(PresentUpstreamCredential, async ({ upstreamId, refusedToken }) => {
    const id = await tokens.get(upstreamId)?.(refusedToken);
    if (id !== undefined) {
      const credential = { headers: { authorization: `Bearer ${id}` } };
      const token = { id, askAgainInMs: 60_000, endsInMs: null };
      return { credential, version: 'token', token, ...(personal.has(upstreamId) && { isPersonal: true as const }) };
    }
    const credential = credentials.get(upstreamId) ?? null;
    return { credential, version: JSON.stringify(credential), idKeys: ['key'] };
  });
  bus.answer(RecordCalls, async (request) => {
    for (const record of request.records) records.set(record.callId, record);
    return { accepted: request.records.length };
  });
  bus.subscribe(UpstreamListChanged, (change) => void listChanges.push({ ...change, atMs: performance.now() }));

  const profile = (given: Partial<UpstreamProfile>): UpstreamProfile => {
    const id = given.id ?? randomUUID();
    const made: UpstreamProfile = {
      id,
      name: 'upstream',
      slug: 'upstream',
      transport: 'STREAMABLEHTTP',
      url: null,
      command: null,
      args: [],
      timeoutMs: null,
      concurrencyMax: null,
      version: '1',
      ...given,
    };
    profiles.set(id, made);
    return made;
  };

  const routed = (upstream: UpstreamProfile, target: string, options: CallOptions = {}): UpstreamCall => {
    const { body: _body, timeoutMs: _timeout, signal: _signal, ...rest } = options;
    return {
      callId: randomUUID(),
      method: 'tools/call',
      upstreamId: upstream.id,
      target,
      exposedName: target,
      serverId: null,
      principal: { id: 'ada@example.com', tokenId: null },
      client: { info: null, capabilities: {}, revision: '2026-07-28' },
      wantsProgress: false,
      headerParams: [],
      receivedAtMs: Date.now(),
      ...rest,
    };
  };

  const call = async (
    upstream: UpstreamProfile,
    target: string,
    args: unknown = {},
    options: CallOptions = {},
  ): Promise<Called> => {
    const request = routed(upstream, target, options);
    const frames: CallFrame[] = [];
    const body = options.body ?? JSON.stringify({ name: target, arguments: args });
    const {
      head,
      body: answer,
      instance,
    } = await bus.ask(ExecuteCall, request, {
      body,
      callId: request.callId,
      signal: options.signal,
      timeoutMs: options.timeoutMs ?? PATIENCE_MS,
      onFrame: ({ head: frame }) => void frames.push(frame),
    });
    return { answer: head, body: answer?.toString(), frames, instance };
  };

  const proceed = async (
    callId: string,
    round: number,
    inputResponses: Record<string, unknown>,
    {
      principalId = 'ada@example.com',
      timeoutMs = PATIENCE_MS,
      refusals = {} as Record<string, { code: number; message: string }>,
    } = {},
  ): Promise<Called> => {
    const frames: CallFrame[] = [];
    const request = { callId, round, principalId, inputResponses, refusals, wantsProgress: true };
    const { head, body, instance } = await bus.ask(ContinueCall, request, {
      timeoutMs,
      onFrame: ({ head: frame }) => void frames.push(frame),
    });
    return { answer: head, body: body?.toString(), frames, instance };
  };

  /** Stays with a parked call until `signal` aborts; answers how that ended. */
  const lease = (callId: string, round: number, signal?: AbortSignal): Promise<unknown> =>
    bus.ask(LeaseParkedCall, { callId, round, principalId: 'ada@example.com' }, { signal }).then(
      ({ head }) => head,
      (error: { code: string }) => error.code,
    );

  const discover = async (
    upstream: UpstreamProfile,
    transport: UpstreamProfile['transport'] | 'AUTO' = upstream.transport,
    credential?: UpstreamCredential,
  ) => (await bus.ask(DiscoverUpstream, { profile: upstream, transport, ...(credential && { credential }) })).head;

  const record = (callId: string): Promise<CallRecord> => vi.waitUntil(() => records.get(callId));

  /** How the addresses of an upstream stand after having been looked at. */
  const look = async (upstreamId: string): Promise<string> => {
    const { head } = await bus.ask(CheckUpstream, { upstreamId, timeoutMs: 60_000 });
    return (head.addresses ?? []).map(({ state }) => state).join(' ');
  };

  return {
    bus,
    running,
    look,
    profile,
    profiles,
    credentials,
    tokens,
    personal,
    records,
    record,
    listChanges,
    routed,
    call,
    proceed,
    lease,
    discover,
    close: async () => {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export type Invocation = Awaited<ReturnType<typeof givenInvocation>>;
