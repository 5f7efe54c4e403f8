export type Era = 'modern' | 'legacy';
/**
 * What a call asks for: a short text, the list, a short text after ten progress events, a text of 256 KB, one of 4 MB, one that takes half a
 * second; a short text from an HTTP API, and from a gRPC server.
 */
export type Work = 'echo' | 'list' | 'steps' | 'large' | 'huge' | 'slow' | 'rest' | 'grpc';

export interface Scenario {
  readonly name: string;
  readonly work: Work;
  readonly era: Era;
  /** Over two replicas: each request of a session goes to the other one than the one before. */
  readonly sprayed: boolean;
  /** In place of the number that the run was given. */
  readonly connections?: number;
}

const scenario = (name: string, work: Work, era: Era, sprayed = false): Scenario => ({ name, work, era, sprayed });

export const SCENARIOS: readonly Scenario[] = [
  scenario('tools/call modern', 'echo', 'modern'),
  scenario('tools/call legacy', 'echo', 'legacy'),
  { ...scenario('tools/call, 1 caller', 'echo', 'modern'), connections: 1 },
  scenario('tools/list modern', 'list', 'modern'),
  scenario('tools/list legacy', 'list', 'legacy'),
  scenario('10 progress events modern', 'steps', 'modern'),
  scenario('10 progress events legacy', 'steps', 'legacy'),
  scenario('256 KB result', 'large', 'modern'),
  { ...scenario('4 MB result', 'huge', 'modern'), connections: 8 },
  scenario('session on two replicas', 'echo', 'legacy', true),
];

const amongPeers = (name: string, era: Era, connections: number): Scenario => ({
  ...scenario(name, 'echo', era),
  connections,
});

/** Rows of `--peers`. */
export const PEER_SCENARIOS: readonly Scenario[] = [
  amongPeers('session, 32 callers', 'legacy', 32),
  amongPeers('session, 1 caller', 'legacy', 1),
  amongPeers('2026-07-28, 32 callers', 'modern', 32),
  amongPeers('2026-07-28, 1 caller', 'modern', 1),
];

/** Rows that are not made of calls. */
export const LISTENING = '1,000 listen streams';
export const NEIGHBOUR = 'a modest caller beside a greedy one';
export const SICK = 'a healthy upstream beside a sick one';
export const STARTING = 'start';
export const CATALOG = 'ten thousand tools';
export const COMPRESSION = 'compressed lists';
export const GARBAGE = 'garbage of a call';
export const KINDS = 'tools of other kinds';
export const IMPORT = 'a large document imported';

export const ROWS: readonly string[] = [
  ...SCENARIOS.map(({ name }) => name),
  LISTENING,
  NEIGHBOUR,
  SICK,
  GARBAGE,
  STARTING,
  CATALOG,
  COMPRESSION,
  KINDS,
  IMPORT,
];

/** Tools that the upstream has; every list answer is checked to hold them all. */
export const TOOL_COUNT = 30;

/** Of the list that is compressed. */
export const COMPRESSED_TOOLS = 500;

/** Together ten thousand. */
export const CATALOG_UPSTREAMS = 200;
export const CATALOG_TOOLS_PER_UPSTREAM = 50;

export const VERSIONS = { modern: '2026-07-28', legacy: '2025-11-25' } as const;
