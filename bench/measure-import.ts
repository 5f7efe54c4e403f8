import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startGateway } from '#libs/testing';
import type { Mode } from './choices.js';
import { costOf } from './subject/process-cost.js';

/** What importing a large OpenAPI document takes of the gateway. */
export interface ImportMeasurement {
  readonly operations: number;
  readonly mb: number;
  readonly cpuMs: number;
  readonly storesCpuMs: number;
  /** The most that its processes had beyond what they had before. */
  readonly mostMb: number;
  readonly errors: number;
  readonly errorSamples: readonly string[];
}

/** About what GitHub's document has. */
const OPERATIONS = 1_200;
const SCHEMAS = 1_200;
const PROPERTIES = 80;
const SAMPLE_MS = 20;
const MIB = 1_048_576;

/** Every fourth member is a list of another schema, which refers to none. */
const typed = (at: number): object =>
  at % 4 === 3
    ? { type: 'array', items: { $ref: `#/components/schemas/part_${at % SCHEMAS}` } }
    : { type: 'string', description: `What the member number ${at} is for, in as many words as people use for that.` };

const membersOf = (from: number): object =>
  Object.fromEntries(Array.from({ length: PROPERTIES }, (_, at) => [`member_${at}`, typed(from + at)]));

/** Each operation has a body and an answer that refer to others. */
const largeDocument = (): string => {
  const refers = (at: number) => ({ schema: { $ref: `#/components/schemas/thing_${at % SCHEMAS}` } });
  const operation = (at: number): object => ({
    operationId: `things/change-${at}`,
    summary: `Changes the thing number ${at}`,
    description: 'Changes it, and answers with what it has become. '.repeat(20),
    parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
    requestBody: { content: { 'application/json': refers(at) } },
    responses: { 200: { description: 'What it is now', content: { 'application/json': refers(at + 1) } } },
  });
  const schemas = Array.from({ length: SCHEMAS }, (_, at) => [
    [`thing_${at}`, { type: 'object', properties: membersOf(at) }],
    [`part_${at}`, { type: 'object', properties: { id: typed(0), name: typed(1) } }],
  ]).flat();
  const paths = Array.from({ length: OPERATIONS }, (_, at) => [`/things-${at}/{id}`, { put: operation(at) }]);
  return JSON.stringify({
    openapi: '3.0.3',
    info: { title: 'Large', version: '1' },
    servers: [{ url: 'https://large.example' }],
    paths: Object.fromEntries(paths),
    components: { schemas: Object.fromEntries(schemas) },
  });
};

/** A new gateway for each round, so that each imports for the first time. */
export const measureImport = async (mode: Mode): Promise<ImportMeasurement> => {
  const document = Buffer.from(largeDocument());
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(document);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const documentUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/openapi`;
  const gateway = await startGateway({ mode });
  const pids = [
    ...gateway.processes.map(({ server: { pid } }) => pid),
    ...[gateway.nats, gateway.postgres, gateway.redis].flatMap((each) => (each === undefined ? [] : [each.pid])),
  ];
  const before = costOf(pids);
  let most = before.gatewayRssBytes;
  const sampling = setInterval(() => {
    most = Math.max(most, costOf(pids).gatewayRssBytes);
  }, SAMPLE_MS);
  try {
    const { toolCount, refused } = await gateway.admin.register({
      name: 'large',
      transport: 'OPENAPI',
      openapi: { documentUrl, paths: ['/'] },
    });
    const after = costOf(pids);
    const isWhole = toolCount === OPERATIONS;
    return {
      operations: OPERATIONS,
      mb: document.length / MIB,
      cpuMs: after.gatewayCpuMs - before.gatewayCpuMs,
      storesCpuMs: after.storesCpuMs - before.storesCpuMs,
      mostMb: (most - before.gatewayRssBytes) / MIB,
      errors: isWhole ? 0 : 1,
      errorSamples: isWhole ? [] : [`${String(toolCount)} tools: ${JSON.stringify(refused).slice(0, 300)}`],
    };
  } finally {
    clearInterval(sampling);
    await gateway.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
};
