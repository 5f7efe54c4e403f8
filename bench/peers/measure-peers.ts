import fs from 'node:fs';
import path from 'node:path';
import type { LoadGenerator, LoadSettings } from '../measure.js';
import { type Measurement, measure } from '../measure.js';
import { type Row, rowOf } from '../report/report.js';
import { PEER_SCENARIOS, type Scenario } from '../scenario.js';
import { type Subject, startBareProxy, startGatewaySubject, startUpstream } from '../subject/subject.js';
import { contextForgeOnServers, contextForgeOnSqlite } from './contextforge.js';
import { crate } from './crate.js';
import { fastmcp } from './fastmcp.js';
import { npmMcpProxy, supergateway } from './npm.js';
import type { Peer } from './peer.js';

export const PEERS: readonly Peer[] = [
  npmMcpProxy,
  supergateway,
  crate,
  fastmcp,
  contextForgeOnSqlite,
  contextForgeOnServers,
];

export interface PeerChoices {
  /** Where they are installed, and kept. */
  readonly folder: string;
  readonly choosesPeer: (name: string) => boolean;
  readonly chooses: (row: string) => boolean;
  readonly rounds: number;
  readonly load: LoadSettings;
}

/** What the run found out: the rows, and which peers are not among them, with the reason. */
export interface PeerReport {
  readonly rows: readonly Row[];
  readonly missing: readonly { readonly peer: string; readonly reason: string }[];
}

interface Contender {
  readonly subject: Subject;
  readonly peer: Peer | null;
}

/** Calls through others and through the embedded gateway, round by round, so that a busy minute meets them all. */
export const measurePeers = async (
  { folder, choosesPeer, chooses, rounds, load }: PeerChoices,
  generator: LoadGenerator,
  say: (text: string) => void,
): Promise<PeerReport> => {
  const contenders: Contender[] = [];
  const missing: { peer: string; reason: string }[] = [];
  const add = async (starting: Promise<Subject>, peer: Peer | null): Promise<void> => {
    contenders.push({ subject: await starting, peer });
  };
  const upstream = await startUpstream();
  try {
    await add(startBareProxy(upstream), null);
    say('starting the embedded gateway …');
    await add(startGatewaySubject({ mode: 'embedded' }, upstream), null);
    for (const peer of PEERS.filter(({ name }) => choosesPeer(name))) {
      try {
        await add(startPeer(peer, folder, upstream, say), peer);
      } catch (error) {
        const reason = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
        missing.push({ peer: peer.name, reason });
        say(`${peer.name} is left out: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    const rows: Row[] = [];
    for (const scenario of PEER_SCENARIOS.filter(({ name }) => chooses(name)))
      rows.push(...(await measureAll(scenario, contenders, { rounds, load }, generator, say)));
    return { rows, missing };
  } finally {
    for (const { subject } of contenders.toReversed()) await subject.stop();
    await upstream.stop();
  }
};

const startPeer = async (
  peer: Peer,
  folder: string,
  upstream: Subject,
  say: (text: string) => void,
): Promise<Subject> => {
  const lack = peer.lacks();
  if (lack !== null) throw new Error(lack);
  const home = path.join(folder, peer.name.replaceAll(/[^\w.-]+/g, '-').toLowerCase());
  const marker = path.join(home, 'installed');
  const isInstalled = fs.existsSync(marker) && fs.readFileSync(marker, 'utf8') === peer.source;
  if (!isInstalled) {
    say(`installing ${peer.source} …`);
    fs.rmSync(home, { recursive: true, force: true });
    fs.mkdirSync(home, { recursive: true });
    await peer.install(home);
    fs.writeFileSync(marker, peer.source);
  }
  say(`starting ${peer.name} …`);
  const started = await peer.start(home, upstream.urls[0] as string);
  return {
    name: peer.name,
    otherToken: null,
    processes: started.pids.map((pid) => ({ name: peer.name, pid })),
    collect: async () => {},
    change: () => upstream.change(),
    ...started,
  };
};

const measureAll = async (
  scenario: Scenario,
  contenders: readonly Contender[],
  { rounds, load }: Pick<PeerChoices, 'rounds' | 'load'>,
  generator: LoadGenerator,
  say: (text: string) => void,
): Promise<Row[]> => {
  const able = contenders.filter(({ peer }) => peer === null || peer.eras.includes(scenario.era));
  const measured = able.map((): Measurement[] => []);
  for (let round = 1; round <= rounds; round++) {
    for (const contender of round % 2 === 1 ? able : able.toReversed()) {
      const { subject } = contender;
      say(`${scenario.name}, ${subject.name}, round ${round} of ${rounds} …`);
      measured[able.indexOf(contender)]?.push(await measure(generator, subject, scenario, load, round === 1));
    }
  }
  return able.map(({ subject }, at) => rowOf(scenario.name, subject.name, measured[at] ?? []));
};
