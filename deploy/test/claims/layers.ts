import { callModern } from '../../../apps/switchyard/test/traffic/caller.js';
import { OtlpCollector, type ReceivedSpan, startGateway, startLedgerUpstream } from '#libs/testing';

const CALLS = 500;
/** Spans leave their process within a second. */
const EXPORTED_WITHIN_MS = 30_000;
const EXECUTE = 'switchyard.v1.rpc.tool-invocation.call.execute';

/** Of the spans of one trace. */
const durationMs = (spans: readonly ReceivedSpan[], isWanted: (span: ReceivedSpan) => boolean): number => {
  const found = spans.find(isWanted);
  return found === undefined ? Number.NaN : Number(found.endedAt - found.startedAt) / 1e6;
};

/** What of a call over five services is whose, in milliseconds: the median of each layer, by the spans of 500 calls one after the other. */
export const measureLayers = async (): Promise<Readonly<Record<string, number>>> => {
  const [collector, ledger] = await Promise.all([OtlpCollector.start(), startLedgerUpstream({ latencyMs: 0 })]);
  const gateway = await startGateway({
    mode: 'distributed',
    env: {
      OBSERVABILITY_ENABLED: 'true',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
    },
  });
  try {
    const registered = await gateway.admin.register({ name: 'ledger', url: ledger.url, toolPrefix: '' });
    const server = await gateway.admin.createServer('the ledger', [registered]);
    const target = { url: `${gateway.url}/servers/${server.id}/mcp`, token: gateway.adminToken, hangsAfterMs: 60_000 };
    const isClient = ({ name, kind }: ReceivedSpan): boolean => kind === 'client' && name.startsWith('tools/call');
    for (let at = 0; at < CALLS; at++) await callModern(target);
    const isWhole = (spans: readonly ReceivedSpan[]): boolean =>
      spans.some(isClient) && spans.some(({ name, kind }) => kind === 'server' && name.startsWith('tools/call'));
    const wholeTraces = () => [...Map.groupBy(collector.spans, ({ traceId }) => traceId).values()].filter(isWhole);
    const untilMs = performance.now() + EXPORTED_WITHIN_MS;
    while (wholeTraces().length < CALLS && performance.now() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, 100));
    const traces = wholeTraces();
    if (traces.length < CALLS) throw new Error(`spans of ${CALLS - traces.length} calls were not exported`);
    const each = traces.map((spans) => {
      const server = durationMs(spans, ({ name, kind }) => kind === 'server' && name.startsWith('tools/call'));
      const send = durationMs(spans, ({ name }) => name === `send ${EXECUTE}`);
      const process = durationMs(spans, ({ name }) => name === `process ${EXECUTE}`);
      const client = durationMs(spans, isClient);
      return {
        whole: server,
        ingress: server - send,
        bus: send - process,
        toolInvocation: process - client,
        upstream: client,
      };
    });
    const median = (of: keyof (typeof each)[number]): number => {
      const sorted = each.map((layers) => layers[of]).toSorted((one, other) => one - other);
      return Number((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN).toFixed(2));
    };
    const layers = ['whole', 'ingress', 'bus', 'toolInvocation', 'upstream'] as const;
    return { calls: each.length, ...Object.fromEntries(layers.map((layer) => [`${layer}Ms`, median(layer)])) };
  } finally {
    await gateway.stop();
    await Promise.all([collector.stop(), ledger.stop()]);
  }
};
