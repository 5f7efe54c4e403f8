import { type IncomingMessage, Agent, request } from 'node:http';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { startGateway } from '#libs/testing';
import type { Mode } from './choices.js';
import { META, modernMirrors, plainHeaders } from './load/message.js';
import { medianOf } from './report/report.js';
import { costOf } from './subject/process-cost.js';

export const CODINGS = ['identity', 'gzip', 'br', 'zstd'] as const;
type Coding = (typeof CODINGS)[number];

/** What a list costs that is asked for again and again in one coding. */
export interface CodedList {
  readonly coding: Coding;
  readonly bytes: number;
  /** Of the gateway's processes, per list, median of the rounds. */
  readonly cpuUs: number;
}

export interface CompressionMeasurement {
  readonly tools: number;
  readonly lists: readonly CodedList[];
  readonly errors: number;
  readonly errorSamples: readonly string[];
}

const LISTS = 600;
const WARM_UP = 300;
const LANES = 4;

const decoders: Readonly<Record<Coding, (bytes: Buffer) => Buffer>> = {
  identity: (bytes) => bytes,
  gzip: gunzipSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

/** One list of many tools, in each coding in turn. Every answer is read, in this process. */
export const measureCompression = async (
  mode: Mode,
  upstreamUrl: string,
  tools: number,
  rounds: number,
): Promise<CompressionMeasurement> => {
  const gateway = await startGateway({ mode });
  const agent = new Agent({ keepAlive: true, maxSockets: LANES });
  const errorSamples: string[] = [];
  let errors = 0;
  const url = `${gateway.url}/mcp`;
  const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/list', params: { _meta: META } });
  const headers = { ...plainHeaders(gateway.adminToken), ...modernMirrors('tools/list', null) };
  const list = (coding: Coding): Promise<number> =>
    new Promise((resolve, reject) => {
      const answered = (answer: IncomingMessage): void => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const problem = problemOf(coding, answer.headers['content-encoding'] ?? 'identity', bytes, tools);
          if (problem !== null && ++errors <= 5) errorSamples.push(problem);
          resolve(bytes.length);
        });
      };
      const asking = request(
        url,
        { agent, method: 'POST', headers: { ...headers, 'accept-encoding': coding } },
        answered,
      );
      asking.on('error', reject).end(body);
    });
  const listMany = async (coding: Coding, count: number): Promise<number> => {
    let bytes = 0;
    const lane = async (): Promise<void> => {
      for (let n = 0; n < count / LANES; n++) bytes = await list(coding);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return bytes;
  };
  const cpuMs = (): number => costOf(gateway.processes.map(({ server }) => server.pid)).gatewayCpuMs;
  try {
    await gateway.admin.register({ name: 'long', url: upstreamUrl, transport: 'STREAMABLEHTTP' });
    for (const coding of CODINGS) await listMany(coding, WARM_UP);
    const took: Record<Coding, number[]> = { identity: [], gzip: [], br: [], zstd: [] };
    const bytes: Record<Coding, number> = { identity: 0, gzip: 0, br: 0, zstd: 0 };
    for (let round = 0; round < rounds; round++) {
      for (const coding of round % 2 === 0 ? CODINGS : CODINGS.toReversed()) {
        const before = cpuMs();
        bytes[coding] = await listMany(coding, LISTS);
        took[coding].push(((cpuMs() - before) * 1_000) / LISTS);
      }
    }
    const lists = CODINGS.map((coding) => ({ coding, bytes: bytes[coding], cpuUs: medianOf(took[coding]) }));
    return { tools, lists, errors, errorSamples };
  } finally {
    agent.destroy();
    await gateway.stop();
  }
};

/** Null where it is the whole list in the coding that was asked for. */
const problemOf = (asked: Coding, coding: string, bytes: Buffer, tools: number): string | null => {
  if (coding !== asked) return `${asked} was asked for, ${coding} came`;
  const text = String(decoders[asked](bytes));
  const names = text.split('"inputSchema"').length - 1;
  return text.includes('"id":7') && names === tools ? null : `${asked}: ${names} tools: ${text.slice(0, 100)}`;
};
