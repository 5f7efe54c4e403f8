import { readFileSync } from 'node:fs';

/**
 * The import rules. Who may use whose contracts is read from the topology file, the same one the bus permissions and
 * the diagram in docs/architecture.md come from.
 */
const topology = JSON.parse(readFileSync(new URL('libs/contracts/topology.json', import.meta.url), 'utf8'));
const owners = Object.keys(topology.asks);

/** Each library may import those before it, never itself sideways through another's inside. */
const ranks = [
  ['errors', 'resilience', 'jq', 'templates', 'client-files', 'connector'],
  ['config', 'telemetry', 'mcp', 'openapi', 'grpc', 'a2a'],
  ['contracts'],
  ['bus', 'storage'],
  ['identity', 'outbox'],
  ['service'],
  ['mcp-http'],
  ['testing'],
];
const allowedFor = (rank) => ranks.slice(0, rank).flat();
const sameRankAllowed = { openapi: ['mcp'], grpc: ['mcp', 'openapi'], a2a: ['mcp', 'openapi'] };

const either = (names) => `(${names.join('|')})`;

/** How tool-invocation speaks to upstreams: folders with the same file names in each. */
const dialects = either(['modern', 'legacy', 'streamable-http', 'sse', 'stdio']);

const rankRules = ranks.flatMap((libs, rank) =>
  libs.map((lib) => ({
    name: `lib-ranks-${lib}`,
    comment: `libs/${lib} may import only the libraries below it (docs/architecture.md, "Import rules").`,
    severity: 'error',
    from: { path: `^libs/${lib}/`, pathNot: '\\.spec\\.ts$' },
    to: {
      path: '^libs/',
      pathNot: `^libs/${either([lib, ...allowedFor(rank), ...(sameRankAllowed[lib] ?? [])])}/`,
    },
  })),
);

const conversationRules = owners.map((app) => {
  const partners = [...new Set([app, ...topology.asks[app], ...topology.subscribes[app]])];
  return {
    name: `${app}-talks-only-along-the-arrows`,
    comment: `apps/${app} may use the contracts of ${partners.join(', ')}: the arrows of libs/contracts/topology.json.`,
    severity: 'error',
    from: { path: `^apps/${app}/src/` },
    to: { path: '^libs/contracts/src/[^/]+/', pathNot: `^libs/contracts/src/${either(partners)}/` },
  };
});

/**
 * The rooms of an app are the folders below its `src`. They stand in the order in which a call meets them, so a room
 * looks at those after it; a shared room is looked at by all and looks at none but shared ones after it.
 */
const roomRules = Object.entries(topology.rooms).flatMap(([app, { order, shared }]) => {
  const src = `^apps/${app}/src/`;
  const rule = (room, visible) => ({
    name: `${app}-${room}-looks-only-ahead`,
    comment: `apps/${app}/src/${room} may import ${visible.join(', ') || 'no other room'}, and ${app}.settings.ts ("rooms" of libs/contracts/topology.json).`,
    severity: 'error',
    from: { path: `${src}${room}/`, pathNot: '\\.spec\\.ts$' },
    to: { path: src, pathNot: [`${src}${either([room, ...visible])}/`, `${src}${app}\\.settings\\.ts$`] },
  });
  return [
    ...order.flatMap((rank, at) => rank.map((room) => rule(room, [...order.slice(at + 1).flat(), ...shared]))),
    ...shared.map((room, at) => rule(room, shared.slice(at + 1))),
    {
      name: `${app}-rooms-are-named`,
      comment: `Every folder below apps/${app}/src has its place in "rooms" of libs/contracts/topology.json.`,
      severity: 'error',
      from: { path: `${src}[^/]+/`, pathNot: `${src}${either([...order.flat(), ...shared])}/` },
      to: {},
    },
  ];
});

export default {
  forbidden: [
    {
      name: 'a-process-is-an-island',
      comment:
        'A service never imports another, not even a type: they meet on the bus. Only apps/switchyard hosts them all.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/switchyard/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-never-look-up',
      comment: 'A library knows nothing of the services that use it.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'front-door-only',
      comment: "Use a library through its src/index.ts; what is not exported there is the library's own business.",
      severity: 'error',
      from: { path: '^(apps|bench|parties)/' },
      to: { path: '^libs/[^/]+/src/', pathNot: ['^libs/[^/]+/src/index\\.ts$', '^libs/contracts/'] },
    },
    {
      name: 'contracts-by-name',
      comment: 'A service imports the exact conversation it takes part in, so that the arrows can be checked.',
      severity: 'error',
      from: { path: '^apps/', pathNot: ['\\.spec\\.ts$', '/test/'] },
      to: { path: '^libs/contracts/src/index\\.ts$' },
    },
    {
      name: 'libs-use-front-doors',
      comment: "A library uses another through its src/index.ts; contract files of one's own rank are exact.",
      severity: 'error',
      from: { path: '^libs/([^/]+)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/[^/]+/src/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'pure-libs-stay-pure',
      comment:
        'errors, resilience, mcp, openapi, grpc, a2a and contracts hold knowledge, not machinery: no Nest, no bus, no Node I/O.',
      severity: 'error',
      from: { path: '^libs/(errors|resilience|mcp|openapi|grpc|a2a|connector|contracts)/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: [
          '^node_modules/(@nestjs|@nats-io|undici|pg|typeorm|ioredis|fastify)/',
          '^(node:)?(fs|net|http|https|child_process|worker_threads|dgram|tls)',
        ],
      },
    },
    {
      name: 'revisions-are-strangers',
      comment: 'A revision of the protocol never borrows from another: each file is frozen once released.',
      severity: 'error',
      from: { path: '/revision/(r[^/]+)\\.ts$' },
      to: { path: '/revision/r[^/]+\\.ts$', pathNot: '/revision/$1\\.ts$' },
    },
    {
      name: 'rooms-of-ingress-have-doors',
      comment:
        "A room of ingress uses another through its index.ts; what is not exported there is the room's own business.",
      severity: 'error',
      from: { path: '^apps/ingress/src/([^/]+)/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^apps/ingress/src/[^/]+/',
        pathNot: ['^apps/ingress/src/$1/', '^apps/ingress/src/[^/]+/index\\.ts$'],
      },
    },
    {
      name: 'faces-are-strangers',
      comment: 'A client protocol never borrows from another; what connections share is in faces/connection.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/src/faces/([^/]+)/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^apps/$1/src/faces/[^/]+/',
        pathNot: ['^apps/$1/src/faces/$2/', '^apps/$1/src/faces/connection/'],
      },
    },
    {
      name: 'dialects-are-strangers',
      comment: 'An era or a transport of upstreams never imports another one: what they share is beside their folders.',
      severity: 'error',
      from: { path: `^apps/tool-invocation/src/(conversation|transport)/${dialects}/` },
      to: {
        path: `^apps/tool-invocation/src/$1/${dialects}/`,
        pathNot: '^apps/tool-invocation/src/$1/$2/',
      },
    },
    {
      name: 'the-console-uses-rest-alone',
      comment:
        'apps/admin-ui runs in browsers: it knows the gateway by its OpenAPI document, and imports no code of it but what it shares with the command line: libs/client-files.',
      severity: 'error',
      from: { path: '^apps/admin-ui/' },
      to: { path: '^libs/', pathNot: '^libs/client-files/src/index\\.ts$' },
    },
    {
      name: 'test-stays-in-test',
      comment: 'Product code never imports a test or the test library.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['\\.spec\\.ts$', '/test/', '^libs/testing/'] },
      to: { path: ['\\.spec\\.ts$', '^libs/testing/', '/test/'], pathNot: 'node_modules' },
    },
    {
      name: 'no-cycles',
      comment: 'Files that need each other are one file, or one of them knows too much.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...rankRules,
    ...conversationRules,
    ...roomRules,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { conditionNames: ['switchyard', 'node', 'import', 'default'], exportsFields: ['exports'] },
  },
};
