import { setTimeout as sleep } from 'node:timers/promises';
import type { Choices, Mode } from './choices.js';
import { LoadGenerator, measure, untilQuiet } from './measure.js';
import { measureCatalog } from './measure-catalog.js';
import { measureCompression } from './measure-compression.js';
import { type ImportMeasurement, measureImport } from './measure-import.js';
import { type GarbageMeasurement, measureGarbage } from './measure-garbage.js';
import { type ListenMeasurement, measureListening } from './measure-listening.js';
import { type NeighbourMeasurement, measureNeighbour } from './measure-neighbour.js';
import { measureSick } from './measure-sick.js';
import { type StartRound, measureStart } from './measure-start.js';
import { beforeOf, tracedOf, withMember, withWorkers } from './report/ratios.js';
import {
  type CatalogRow,
  type CompressionRow,
  type GarbageRow,
  type ImportRow,
  type ListenRow,
  type NeighbourRow,
  type Report,
  type Row,
  type SickRow,
  type SubjectMemory,
  garbageRowOf,
  importRowOf,
  listenRowOf,
  neighbourRowOf,
  rowOf,
  sickRowOf,
} from './report/report.js';
import {
  CATALOG,
  CATALOG_TOOLS_PER_UPSTREAM,
  COMPRESSED_TOOLS,
  COMPRESSION,
  GARBAGE,
  IMPORT,
  KINDS,
  LISTENING,
  NEIGHBOUR,
  SCENARIOS,
  SICK,
  STARTING,
  type Scenario,
} from './scenario.js';
import { startKinds } from './subject/kinds.js';
import { MemoryWatch } from './subject/memory-watch.js';
import { type Subject, startBareProxy, startCollector, startGatewaySubject, startUpstream } from './subject/subject.js';

type Found = Pick<
  Report,
  | 'rows'
  | 'listening'
  | 'neighbours'
  | 'sick'
  | 'garbage'
  | 'starts'
  | 'catalogs'
  | 'compressions'
  | 'imports'
  | 'memory'
>;

/** After the start a gateway has things to finish; then it is idle. */
const IDLE_AFTER_MS = 3_000;

/** Rows under which the memory of a gateway in ordinary use shows. */
const SMALL = new Set(SCENARIOS.filter(({ work }) => work === 'echo').map(({ name }) => name));

type Stoppable = Pick<Subject, 'stop'>;

/** All that was chosen, one after the other. */
export class Run {
  private readonly started: Stoppable[] = [];
  private readonly watches = new Map<Subject, MemoryWatch>();

  constructor(
    private readonly choices: Choices,
    private readonly generator: LoadGenerator,
    private readonly say: (text: string) => void,
  ) {}

  async measure(): Promise<Found> {
    const { chooses } = this.choices;
    try {
      const upstream = await this.keep(startUpstream());
      const plain = SCENARIOS.filter(({ name, sprayed }) => chooses(name) && !sprayed);
      const sprayed = SCENARIOS.filter((scenario) => chooses(scenario.name) && scenario.sprayed);
      const rows: Row[] = [];
      const listening: ListenRow[] = [];
      const neighbours: NeighbourRow[] = [];
      const garbage: GarbageRow[] = [];
      if (plain.length > 0 || [LISTENING, NEIGHBOUR, GARBAGE].some(chooses)) {
        const subjects = [upstream, await this.keep(startBareProxy(upstream)), ...(await this.startGateways(upstream))];
        for (const scenario of plain) rows.push(...(await this.measureCalls(scenario, subjects)));
        if (chooses(LISTENING)) listening.push(...(await this.measureStreams(subjects)));
        if (chooses(NEIGHBOUR)) neighbours.push(...(await this.measureNeighbours(subjects)));
        if (chooses(GARBAGE)) garbage.push(...(await this.measureGarbageOf(subjects)));
      }
      const memory = this.memory();
      await this.stop((subject) => subject !== upstream);
      for (const scenario of sprayed)
        rows.push(...(await this.measureCalls(scenario, await this.startPairs(upstream))));
      await this.stop((subject) => subject !== upstream);
      if (chooses(KINDS)) rows.push(...(await this.measureKinds(upstream)));
      return {
        rows,
        listening,
        neighbours,
        garbage,
        memory,
        sick: chooses(SICK) ? await this.measureSick(upstream) : [],
        starts: chooses(STARTING) ? await this.measureStarts(upstream) : [],
        catalogs: chooses(CATALOG) ? await this.measureCatalogs() : [],
        compressions: chooses(COMPRESSION) ? await this.measureCompressions() : [],
        imports: chooses(IMPORT) ? await this.measureImports() : [],
      };
    } finally {
      await this.stop(() => true);
    }
  }

  private async keep<Kept extends Stoppable>(starting: Promise<Kept>): Promise<Kept> {
    const subject = await starting;
    this.started.unshift(subject);
    return subject;
  }

  private async stop(which: (subject: Stoppable) => boolean): Promise<void> {
    for (const subject of this.started.filter(which)) {
      this.started.splice(this.started.indexOf(subject), 1);
      await subject.stop();
    }
  }

  /** One after the other, since starting is busy; an idle gateway costs the others next to nothing. */
  private async startGateways(upstream: Subject): Promise<Subject[]> {
    const { modes, against, traced, workers, crowds } = this.choices;
    const gateways: Subject[] = [];
    for (const mode of modes) {
      this.say(`starting the ${mode} gateway …`);
      gateways.push(await this.keep(startGatewaySubject({ mode }, upstream)));
      for (const share of traced) gateways.push(await this.startTraced(mode, share, upstream));
      for (const crowd of crowds) {
        this.say(`… and one with ${crowd.users} users in ${crowd.teams} teams …`);
        const choice = { mode, crowd, name: withMember(mode, crowd.users) };
        gateways.push(await this.keep(startGatewaySubject(choice, upstream)));
      }
      if (workers !== null && mode === 'distributed') {
        const more = { mode, name: withWorkers(mode, workers), workers };
        gateways.push(await this.keep(startGatewaySubject(more, upstream)));
      }
      if (against === null) continue;
      const before = { mode, folder: against, name: beforeOf(mode) };
      gateways.push(await this.keep(startGatewaySubject(before, upstream)));
    }
    await sleep(IDLE_AFTER_MS);
    for (const gateway of gateways) {
      await untilQuiet(gateway);
      this.watches.set(gateway, new MemoryWatch(gateway));
    }
    return gateways;
  }

  private async startTraced(mode: Mode, share: number, upstream: Subject): Promise<Subject> {
    const { url } = await this.keep(startCollector());
    const env = {
      OBSERVABILITY_ENABLED: 'true',
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: String(share),
    };
    return this.keep(startGatewaySubject({ mode, env, name: tracedOf(mode, share) }, upstream));
  }

  /** The proxy and the distributed gateway with two replicas; an embedded gateway has none. */
  private async startPairs(upstream: Subject): Promise<Subject[]> {
    const pairs = [await this.keep(startBareProxy(upstream, 2))];
    if (!this.choices.modes.includes('distributed')) return pairs;
    this.say('starting the distributed gateway with two replicas of every service …');
    const { against } = this.choices;
    const choice = { mode: 'distributed', replicas: 2 } as const;
    pairs.push(await this.keep(startGatewaySubject(choice, upstream)));
    if (against === null) return pairs;
    const before = { ...choice, folder: against, name: beforeOf('distributed') };
    return [...pairs, await this.keep(startGatewaySubject(before, upstream))];
  }

  /**
   * Round by round over all subjects, so that a busy minute of the machine meets them all; every other round backwards,
   * so that a machine that gets slower and slower favours nobody.
   */
  private async eachRound(
    what: string,
    subjects: readonly Subject[],
    one: (subject: Subject, round: number) => Promise<void>,
  ): Promise<void> {
    const { rounds } = this.choices;
    for (let round = 1; round <= rounds; round++) {
      for (const subject of round % 2 === 1 ? subjects : subjects.toReversed()) {
        this.say(`${what}, ${subject.name}, round ${round} of ${rounds} …`);
        const watch = this.watches.get(subject);
        await (watch === undefined ? one(subject, round) : watch.during(SMALL.has(what), () => one(subject, round)));
      }
    }
  }

  private async measureCalls(scenario: Scenario, subjects: readonly Subject[]): Promise<Row[]> {
    const rounds = subjects.map((): Row['rounds'][number][] => []);
    await this.eachRound(scenario.name, subjects, async (subject, round) => {
      const measured = await measure(this.generator, subject, scenario, this.choices.load, round === 1);
      rounds[subjects.indexOf(subject)]?.push(measured);
    });
    return subjects.map(({ name }, index) => rowOf(scenario.name, name, rounds[index] ?? []));
  }

  private async measureStreams(subjects: readonly Subject[]): Promise<ListenRow[]> {
    const rounds = subjects.map((): ListenMeasurement[] => []);
    // What the first thousand streams make a process allocate for good is not what a stream takes.
    for (const subject of subjects) await measureListening(this.generator, subject);
    await this.eachRound(LISTENING, subjects, async (subject) => {
      rounds[subjects.indexOf(subject)]?.push(await measureListening(this.generator, subject));
    });
    return subjects.map(({ name }, index) => listenRowOf(name, rounds[index] ?? []));
  }

  /** Of the gateways of this checkout: whoever has no shares refuses the modest caller. */
  private async measureNeighbours(subjects: readonly Subject[]): Promise<NeighbourRow[]> {
    const gateways = subjects.filter(({ name }) => this.choices.modes.some((mode) => mode === name));
    const rounds = gateways.map((): NeighbourMeasurement[] => []);
    const greedy = new LoadGenerator();
    try {
      await this.eachRound(NEIGHBOUR, gateways, async (subject) => {
        rounds[gateways.indexOf(subject)]?.push(
          await measureNeighbour(this.generator, greedy, subject, this.choices.load),
        );
      });
    } finally {
      greedy.stop();
    }
    return gateways.map(({ name }, index) => neighbourRowOf(name, rounds[index] ?? []));
  }

  private async measureGarbageOf(subjects: readonly Subject[]): Promise<GarbageRow[]> {
    const gateways = subjects.flatMap((subject) =>
      subject.evaluate === undefined ? [] : [{ ...subject, evaluate: subject.evaluate }],
    );
    const rounds = gateways.map((): GarbageMeasurement[] => []);
    for (const [at, gateway] of gateways.entries()) {
      for (let round = 1; round <= this.choices.rounds; round++) {
        this.say(`${GARBAGE}, ${gateway.name}, round ${round} of ${this.choices.rounds} …`);
        rounds[at]?.push(await measureGarbage(this.generator, gateway, this.choices.load));
      }
    }
    return gateways.map(({ name }, at) => garbageRowOf(name, rounds[at] ?? []));
  }

  private async measureSick(upstream: Subject): Promise<SickRow[]> {
    const { modes, load, rounds } = this.choices;
    const rows: SickRow[] = [];
    for (const mode of modes) {
      this.say(`${SICK}, ${mode} …`);
      const found = await measureSick(mode, upstream.urls[0] as string, this.generator, load, rounds);
      for (const [sickness, measured] of found) rows.push(sickRowOf(mode, sickness, measured));
    }
    return rows;
  }

  private async measureStarts(upstream: Subject): Promise<StartRound[]> {
    const rounds: StartRound[] = [];
    const one = (): Promise<StartRound> => measureStart(process.cwd(), upstream.urls[0] as string);
    this.say('start, once to have everything built and read …');
    await one();
    for (let round = 1; round <= this.choices.rounds; round++) {
      this.say(`start, round ${round} of ${this.choices.rounds} …`);
      rounds.push(await one());
    }
    return rounds;
  }

  /** Once each: what is measured is made of many changes. */
  private async measureCatalogs(): Promise<CatalogRow[]> {
    const { modes, against } = this.choices;
    const upstream = await this.keep(startUpstream(CATALOG_TOOLS_PER_UPSTREAM));
    const [url] = upstream.urls as [string];
    const rows: CatalogRow[] = [];
    for (const mode of modes) {
      for (const folder of against === null ? [null] : [null, against]) {
        const subject = folder === null ? mode : beforeOf(mode);
        this.say(`${CATALOG}, ${subject} …`);
        rows.push({ subject, measured: await measureCatalog(mode, url, folder) });
      }
    }
    return rows;
  }

  private async measureCompressions(): Promise<CompressionRow[]> {
    const { modes, rounds } = this.choices;
    const upstream = await this.keep(startUpstream(COMPRESSED_TOOLS));
    const [url] = upstream.urls as [string];
    const rows: CompressionRow[] = [];
    for (const mode of modes) {
      this.say(`${COMPRESSION}, ${mode} …`);
      rows.push({ subject: mode, measured: await measureCompression(mode, url, COMPRESSED_TOOLS, rounds) });
    }
    return rows;
  }

  /** One gateway after the other; in each round its three kinds of tools one after the other. */
  private async measureKinds(upstream: Subject): Promise<Row[]> {
    const rows: Row[] = [];
    for (const mode of this.choices.modes) {
      this.say(`${KINDS}, starting the ${mode} gateway …`);
      const gateway = await this.keep(startKinds(mode, upstream));
      const works = new Map(gateway.kinds.map(({ subject, work }) => [subject, work]));
      const rounds = new Map(gateway.kinds.map(({ subject }) => [subject, [] as Row['rounds'][number][]]));
      await this.eachRound(KINDS, [...works.keys()], async (subject, round) => {
        const scenario: Scenario = { name: KINDS, work: works.get(subject) ?? 'echo', era: 'modern', sprayed: false };
        rounds.get(subject)?.push(await measure(this.generator, subject, scenario, this.choices.load, round === 1));
      });
      for (const [{ name }, measured] of rounds) rows.push(rowOf(KINDS, name, measured));
      await this.stop((subject) => subject === gateway);
    }
    return rows;
  }

  private async measureImports(): Promise<ImportRow[]> {
    const rows: ImportRow[] = [];
    for (const mode of this.choices.modes) {
      const rounds: ImportMeasurement[] = [];
      for (let round = 1; round <= this.choices.rounds; round++) {
        this.say(`${IMPORT}, ${mode}, round ${round} of ${this.choices.rounds} …`);
        rounds.push(await measureImport(mode));
      }
      rows.push(importRowOf(mode, rounds));
    }
    return rows;
  }

  private memory(): SubjectMemory[] {
    return [...this.watches].map(([{ name }, watch]) => ({ subject: name, uses: watch.uses }));
  }
}
