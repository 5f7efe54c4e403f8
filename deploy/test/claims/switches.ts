import { percentile } from '../soak/slopes.js';
import { callModern } from '../../../apps/switchyard/test/traffic/caller.js';
import { costOf } from '../../../bench/subject/process-cost.js';
import { type Gateway, OtlpCollector, startGateway, startLedgerUpstream } from '#libs/testing';

const ROUNDS = 7;
const CALLS = 1_000;
const AT_ONCE = 8;

const NOTHING = {
  AUDIT_TRAIL_ENABLED: 'false',
  SECURITY_LOGGING_ENABLED: 'false',
  TOKEN_USAGE_LOGGING_ENABLED: 'false',
  PERFORMANCE_TRACKING_ENABLED: 'false',
  ENABLE_METRICS: 'false',
};

interface Subject {
  readonly name: string;
  readonly gateway: Gateway;
  readonly cpuUsPerCall: number[];
  call(): Promise<unknown>;
}

const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Processor time of calls, of the gateway and its PostgreSQL: in turns with each switch on, against all of them off. */
export const measureSwitches = async (): Promise<Readonly<Record<string, unknown>>> => {
  const [collector, ledger] = await Promise.all([OtlpCollector.start(), startLedgerUpstream({ latencyMs: 0 })]);
  const traced = (share: number): Record<string, string> => ({
    OBSERVABILITY_ENABLED: 'true',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    // The calls come with a trace that is sampled.
    OTEL_TRACES_SAMPLER: 'traceidratio',
    OTEL_TRACES_SAMPLER_ARG: String(share),
  });
  const settings: Readonly<Record<string, Record<string, string>>> = {
    'all off': NOTHING,
    'audit trail': { ...NOTHING, AUDIT_TRAIL_ENABLED: 'true' },
    'security log': { ...NOTHING, SECURITY_LOGGING_ENABLED: 'true' },
    'metrics for Prometheus': { ...NOTHING, ENABLE_METRICS: 'true' },
    'as shipped': {},
    'as shipped, traces at 1 %': traced(0.01),
  };
  const subjects: Subject[] = [];
  try {
    for (const [name, env] of Object.entries(settings)) {
      const gateway = await startGateway({ mode: 'embedded', env });
      const registered = await gateway.admin.register({ name: 'ledger', url: ledger.url, toolPrefix: '' });
      const server = await gateway.admin.createServer('the ledger', [registered]);
      const url = `${gateway.url}/servers/${server.id}/mcp`;
      const target = { url, token: gateway.adminToken, hangsAfterMs: 60_000 };
      subjects.push({
        name,
        gateway,
        cpuUsPerCall: [],
        call: async () => {
          const { ending } = await callModern(target);
          if (ending.kind !== 'ok') throw new Error(`${name}: ${JSON.stringify(ending)}`);
        },
      });
    }
    const run = async ({ gateway, call, cpuUsPerCall }: Subject): Promise<void> => {
      const { pid } = gateway.process('switchyard').server;
      const cpuMs = (): number => {
        const { gatewayCpuMs, storesCpuMs } = costOf([pid]);
        return gatewayCpuMs + storesCpuMs;
      };
      const before = cpuMs();
      const lane = async (): Promise<void> => {
        for (let at = 0; at < CALLS / AT_ONCE; at++) await call();
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
      cpuUsPerCall.push(((cpuMs() - before) * 1_000) / CALLS);
    };
    for (let round = 0; round <= ROUNDS; round++) {
      // Another first each time; the first round has the JIT in it, and is not counted.
      for (let at = 0; at < subjects.length; at++) await run(subjects[(at + round) % subjects.length] as Subject);
      if (round === 0) for (const { cpuUsPerCall } of subjects) cpuUsPerCall.length = 0;
    }
    const off = subjects[0]?.cpuUsPerCall ?? [];
    const figures = subjects.map(({ name, cpuUsPerCall }) => {
      const ratios = cpuUsPerCall.map((us, round) => us / (off[round] ?? Number.NaN));
      return [name, { cpuUsPerCall: Math.round(median(cpuUsPerCall)), againstOff: Number(median(ratios).toFixed(3)) }];
    });
    return Object.fromEntries(figures);
  } finally {
    for (const { gateway } of subjects) await gateway.stop();
    await Promise.all([collector.stop(), ledger.stop()]);
  }
};
