import { type EntryView, type Gateway, startGateway } from '#libs/testing';
import type { Mode } from './choices.js';
import { measureStart } from './measure-start.js';
import { medianOf } from './report/report.js';
import { CATALOG_TOOLS_PER_UPSTREAM, CATALOG_UPSTREAMS, VERSIONS } from './scenario.js';
import { costOf } from './subject/process-cost.js';

/** What a change costs where the catalog is long, and where it is short. */
export interface CatalogSide {
  readonly tools: number;
  /** Processor time of everything, databases included, of one tool switched off or on. */
  readonly toggleCpuMs: number;
  /** The first call after it, median. */
  readonly firstCallMs: number;
  /** A call without a change before it, median. */
  readonly plainCallMs: number;
  /** Registering an upstream of 50 tools, median. */
  readonly registerMs: number;
  readonly registerCpuMs: number;
}

export interface CatalogMeasurement {
  readonly few: CatalogSide;
  readonly many: CatalogSide;
  /** Of `npm start` with that data, seconds to the first answered call; null where there are several processes. */
  readonly start: { readonly few: number; readonly many: number } | null;
  readonly errors: number;
  readonly errorSamples: readonly string[];
}

const TOGGLES = 100;
const REGISTRATIONS = 10;
const META = {
  'io.modelcontextprotocol/protocolVersion': VERSIONS.modern,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
};

/** One gateway, first with one upstream, then with so many that it has ten thousand tools. */
class CatalogBench {
  readonly errorSamples: string[] = [];
  errors = 0;
  private calls = 0;

  constructor(
    private readonly gateway: Gateway,
    private readonly upstreamUrl: string,
  ) {}

  async fill(from: number, to: number): Promise<void> {
    for (let number = from; number < to; number++) await this.register(`full ${number}`);
  }

  async side(): Promise<CatalogSide> {
    const listed = await this.gateway.admin.call<EntryView[]>('GET', '/tools');
    const name = (tool: string): EntryView => listed.find((entry) => entry.name === tool) as EntryView;
    const [echo, toggled] = [name('full-0-echo'), name('full-0-lookup_001')];
    await this.callMany(echo, 30);
    const before = this.cpuMs();
    const plain = await this.callMany(echo, TOGGLES);
    const ofCalls = this.cpuMs() - before;
    await this.toggleMany(toggled, echo, { count: 20, looks: true });
    const beforeChanges = this.cpuMs();
    const first = await this.toggleMany(toggled, echo, { count: TOGGLES, looks: false });
    const toggleCpuMs = (this.cpuMs() - beforeChanges - ofCalls) / TOGGLES;
    return {
      tools: listed.length,
      toggleCpuMs,
      firstCallMs: medianOf(first),
      plainCallMs: medianOf(plain),
      ...(await this.registerMany()),
    };
  }

  private async registerMany(): Promise<Pick<CatalogSide, 'registerMs' | 'registerCpuMs'>> {
    const took: number[] = [];
    let cpuMs = 0;
    for (let number = 0; number < REGISTRATIONS; number++) {
      const cpuBefore = this.cpuMs();
      const startedAt = performance.now();
      const id = await this.register('one more');
      await this.expectText('one-more-echo', `registered ${number}`);
      took.push(performance.now() - startedAt);
      cpuMs += this.cpuMs() - cpuBefore;
      await this.gateway.admin.call('DELETE', `/gateways/${id}`);
    }
    return { registerMs: medianOf(took), registerCpuMs: cpuMs / REGISTRATIONS };
  }

  private async register(name: string): Promise<string> {
    const { id } = await this.gateway.admin.register({ name, url: this.upstreamUrl, transport: 'STREAMABLEHTTP' });
    return id;
  }

  private async callMany(tool: EntryView, count: number): Promise<number[]> {
    const took: number[] = [];
    for (let call = 0; call < count; call++) took.push(await this.expectText(tool.name, `plain ${call}`));
    return took;
  }

  /** After each change one call is timed; with `looks` one of the changed tool shows whether the change has come. */
  private async toggleMany(
    toggled: EntryView,
    called: EntryView,
    { count, looks }: { readonly count: number; readonly looks: boolean },
  ): Promise<number[]> {
    const took: number[] = [];
    for (let change = 0; change < count; change++) {
      const activate = change % 2 === 1;
      await this.gateway.admin.call('POST', `/tools/${toggled.id}/state?activate=${activate}`);
      took.push(await this.expectText(called.name, `changed ${change}`));
      if (!looks) continue;
      const { result } = await this.call(toggled.name, 'x');
      this.check((result !== undefined) === activate, `${toggled.name} is ${activate ? 'not ' : ''}offered`);
    }
    return took;
  }

  private async expectText(tool: string, text: string): Promise<number> {
    const startedAt = performance.now();
    const answer = await this.call(tool, text);
    const tookMs = performance.now() - startedAt;
    this.check(answer.result?.content?.[0]?.text === text, `${tool}: ${JSON.stringify(answer)}`);
    return tookMs;
  }

  private async call(name: string, text: string): Promise<Answer> {
    const response = await fetch(`${this.gateway.url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.gateway.adminToken}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': VERSIONS.modern,
        'mcp-method': 'tools/call',
        'mcp-name': name,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: ++this.calls,
        method: 'tools/call',
        params: { name, arguments: { text }, _meta: META },
      }),
    });
    return (await response.json()) as Answer;
  }

  private check(isRight: boolean, what: string): void {
    if (isRight) return;
    this.errors++;
    if (this.errorSamples.length < 5) this.errorSamples.push(what);
  }

  private cpuMs(): number {
    const stores = [this.gateway.redis, this.gateway.postgres, this.gateway.nats];
    const pids = [
      ...this.gateway.processes.map(({ server }) => server.pid),
      ...stores.flatMap((one) => one?.pid ?? []),
    ];
    const { gatewayCpuMs, storesCpuMs } = costOf(pids);
    return gatewayCpuMs + storesCpuMs;
  }
}

interface Answer {
  readonly result?: { readonly content?: readonly { readonly text?: unknown }[] };
}

/** `folder`: another checkout, built. */
export const measureCatalog = async (
  mode: Mode,
  upstreamUrl: string,
  folder: string | null,
): Promise<CatalogMeasurement> => {
  const gateway = await startGateway({
    mode,
    env: { TOOL_CONCURRENT_LIMIT: '1000' },
    ...(folder !== null && { folder }),
  });
  try {
    const bench = new CatalogBench(gateway, upstreamUrl);
    await bench.fill(0, 1);
    const few = await bench.side();
    await bench.fill(1, CATALOG_UPSTREAMS);
    const many = await bench.side();
    if (many.tools !== CATALOG_UPSTREAMS * CATALOG_TOOLS_PER_UPSTREAM)
      throw new Error(`${many.tools} tools are listed`);
    const { errors, errorSamples } = bench;
    await gateway.stop();
    const start = mode === 'embedded' ? await measureStarts(folder ?? process.cwd(), upstreamUrl) : null;
    return { few, many, start, errors, errorSamples };
  } finally {
    await gateway.stop();
  }
};

const measureStarts = async (root: string, upstreamUrl: string): Promise<CatalogMeasurement['start']> => ({
  few: (await measureStart(root, upstreamUrl)).again.seconds,
  many: (await measureStart(root, upstreamUrl, CATALOG_UPSTREAMS)).again.seconds,
});
