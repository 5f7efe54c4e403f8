import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AdminApi, GatewaySecrets, freePort, temporaryFolder } from '#libs/testing';
import { costOf } from './subject/process-cost.js';
import { VERSIONS } from './scenario.js';

/** From the command to the first answered call; nothing is built in it. */
export interface StartMeasurement {
  readonly seconds: number;
  /** User and system time of all processes, npm and PostgreSQL among them. */
  readonly cpuSeconds: number;
}

export interface StartRound {
  /** Into an empty data folder: secrets and the database are made. The first call is `tools/list`. */
  readonly first: StartMeasurement;
  /** With the data of the start before. The first call is a `tools/call` to an upstream registered there. */
  readonly again: StartMeasurement;
}

const PATIENCE_MS = 60_000;
const POLL_MS = 10;
const META = {
  'io.modelcontextprotocol/protocolVersion': VERSIONS.modern,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
};

interface Answer {
  readonly result?: { readonly tools?: unknown; readonly content?: readonly { readonly text?: unknown }[] };
}

interface Question {
  readonly path: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly isAnswer: (answer: Answer) => boolean;
}

/** `npm start` in `root`, as a user types it, in a process group of its own. */
class Start {
  private printed = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    private readonly token: string,
    private readonly startedAt: number,
  ) {
    child.stderr?.on('data', (chunk: Buffer) => (this.printed = (this.printed + chunk.toString()).slice(-8_000)));
  }

  static async of(root: string, dataDir: string, secrets: GatewaySecrets): Promise<Start> {
    const port = await freePort();
    const token = await secrets.adminToken();
    const { PATH = '', HOME = '' } = process.env;
    const env = {
      ...secrets.environment,
      PATH,
      HOME,
      PORT: String(port),
      LOG_LEVEL: 'warn',
      SSRF_ALLOW_LOCALHOST: 'true',
      SWITCHYARD_DATA_DIR: dataDir,
    };
    const startedAt = performance.now();
    const child = spawn('npm', ['start'], { cwd: root, env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    return new Start(child, `http://127.0.0.1:${port}`, token, startedAt);
  }

  async firstAnswer(question: Question): Promise<StartMeasurement> {
    let last = 'no connection';
    while (performance.now() - this.startedAt < PATIENCE_MS && this.child.exitCode === null) {
      try {
        const answer = await this.ask(question);
        const seconds = (performance.now() - this.startedAt) / 1_000;
        if (!question.isAnswer(answer)) throw new Error(`a wrong first answer: ${JSON.stringify(answer)}`);
        const { gatewayCpuMs, storesCpuMs } = costOf([this.child.pid as number]);
        return { seconds, cpuSeconds: (gatewayCpuMs + storesCpuMs) / 1_000 };
      } catch (error) {
        last = String(error);
        if (last.includes('wrong first answer')) throw error;
      }
      await sleep(POLL_MS);
    }
    throw new Error(`npm start has answered no call: ${last}\n${this.printed}`);
  }

  get admin(): AdminApi {
    return new AdminApi(this.url, this.token);
  }

  /** npm ends at once; what it has started takes its time. */
  async stop(): Promise<void> {
    const group = -(this.child.pid as number);
    if (!isThere(group)) return;
    process.kill(group, 'SIGTERM');
    while (isThere(group)) await sleep(POLL_MS);
  }

  private async ask({ path: at, method, params }: Question): Promise<Answer> {
    const response = await fetch(`${this.url}${at}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': VERSIONS.modern,
        'mcp-method': method,
        ...(typeof params['name'] === 'string' && { 'mcp-name': params['name'] }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: META } }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    return JSON.parse(text) as Answer;
  }
}

const isThere = (group: number): boolean => {
  try {
    return process.kill(group, 0);
  } catch {
    return false;
  }
};

/** `upstreams`: how many are registered before the second start. */
export const measureStart = async (root: string, upstreamUrl: string, upstreams = 1): Promise<StartRound> => {
  const folder = temporaryFolder('bench-start');
  const dataDir = path.join(folder, 'data');
  const secrets = new GatewaySecrets();
  let started: Start | undefined;
  try {
    started = await Start.of(root, dataDir, secrets);
    const isList = ({ result }: Answer): boolean => Array.isArray(result?.tools);
    const first = await started.firstAnswer({ path: '/mcp', method: 'tools/list', params: {}, isAnswer: isList });
    const { admin } = started;
    const upstream = { name: 'fast', url: upstreamUrl, transport: 'STREAMABLEHTTP', toolPrefix: '' } as const;
    const { id } = await admin.createServer('bench', [await admin.register(upstream)]);
    for (let number = 1; number < upstreams; number++)
      await admin.register({ name: `fast ${number}`, url: upstreamUrl, transport: 'STREAMABLEHTTP' });
    await started.stop();

    started = await Start.of(root, dataDir, secrets);
    const again = await started.firstAnswer({
      path: upstreams === 1 ? `/servers/${id}/mcp` : '/mcp',
      method: 'tools/call',
      params: { name: 'echo', arguments: { text: 'first' } },
      isAnswer: ({ result }) => result?.content?.[0]?.text === 'first',
    });
    return { first, again };
  } finally {
    await started?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
};
