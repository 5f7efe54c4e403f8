// Who asks, answers, publishes, subscribes and signals what: read off the places in the code that name a contract.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SITES = {
  answers: /@Answers\(\s*(\w+)|\.answer\(\s*(\w+)/g,
  asks: /\.ask\(\s*(\w+)|hedgedAsk\(\s*[\w.]+,\s*(\w+)/g,
  publishes: /\.publish\(\s*(\w+)/g,
  subscribes: /@Subscribes\(\s*(\w+)|\.subscribe\(\s*(\w+)/g,
  signals: /\.signal\(\s*(\w+)/g,
};

const TITLES = {
  answers: 'Answers',
  asks: 'Asks',
  publishes: 'Publishes',
  subscribes: 'Subscribes to',
  signals: 'Signals its replicas',
};

/** Libraries that take part in conversations on behalf of whoever imports them. */
const SPEAKING_LIBS = ['identity', 'outbox', 'service'];

const sourcesIn = (root, folder) =>
  globSync('src/**/*.ts', { cwd: join(root, folder) })
    .filter((path) => !path.endsWith('.spec.ts'))
    .map((path) => readFileSync(join(root, folder, path), 'utf8'));

const spokenIn = (sources, contracts) =>
  Object.fromEntries(
    Object.entries(SITES).map(([verb, site]) => {
      const names = sources.flatMap((text) => [...text.matchAll(site)].map(([, one, other]) => one ?? other));
      return [verb, [...new Set(names)].filter((name) => contracts[name]?.subject !== undefined).sort()];
    }),
  );

/** By service and verb: `{ name, through }`, where `through` is the library that speaks for the service. */
export const conversations = (root, contracts, owners) => {
  const libs = Object.fromEntries(
    SPEAKING_LIBS.map((lib) => [lib, spokenIn(sourcesIn(root, `libs/${lib}`), contracts)]),
  );
  return Object.fromEntries(
    owners.map((owner) => {
      const sources = sourcesIn(root, `apps/${owner}`);
      const own = spokenIn(sources, contracts);
      const used = SPEAKING_LIBS.filter((lib) => sources.some((text) => text.includes(`'#libs/${lib}'`)));
      const all = Object.keys(SITES).map((verb) => [
        verb,
        [
          ...own[verb].map((name) => ({ name })),
          ...used.flatMap((lib) =>
            libs[lib][verb].filter((name) => !own[verb].includes(name)).map((name) => ({ name, through: lib })),
          ),
        ],
      ]);
      return [owner, Object.fromEntries(all)];
    }),
  );
};

/** What is wrong with them: a contract that nobody uses, a service that speaks for another, an arrow that is missing. */
export const conversationProblems = (spoken, contracts, topology) => {
  const problems = [];
  const whoDo = (verb, name) =>
    Object.keys(spoken).filter((owner) => spoken[owner][verb].some((one) => one.name === name));
  const expect = (isRight, problem) => {
    if (!isRight) problems.push(problem);
  };
  for (const [name, { kind, owner }] of Object.entries(contracts).filter(([, contract]) => contract?.subject)) {
    const [from, to] = {
      request: ['asks', 'answers'],
      event: ['publishes', 'subscribes'],
      signal: ['signals', 'subscribes'],
    }[kind];
    const speakers = whoDo(from, name);
    const listeners = whoDo(to, name);
    expect(speakers.length > 0, `nobody ${from} ${name}`);
    expect(listeners.length > 0, `nobody ${to} ${name}`);
    const owning = { request: listeners, event: speakers, signal: [...speakers, ...listeners] }[kind];
    for (const other of owning.filter((one) => one !== owner)) problems.push(`${other} speaks for ${owner}: ${name}`);
    const arrows = { request: [speakers, topology.asks], event: [listeners, topology.subscribes], signal: [[], {}] }[
      kind
    ];
    for (const other of arrows[0].filter((one) => one !== owner && !arrows[1][one].includes(owner)))
      problems.push(`topology.json has no arrow from ${other} to ${owner}: ${name}`);
  }
  return problems;
};

/** The table of one service, for its README. */
export const conversationTable = (spoken, contracts, owner) => {
  const said = ({ name, through }) => `\`${name}\`${through === undefined ? '' : ` (through \`libs/${through}\`)`}`;
  const cellOf = (verb) => {
    const all = spoken[owner][verb];
    if (all.length === 0) return 'nothing';
    if (verb === 'answers' || verb === 'publishes' || verb === 'signals') return all.map(said).join(', ');
    const partners = [...new Set(all.map(({ name }) => contracts[name].owner))].sort();
    return partners
      .map((partner) => {
        const names = all.filter(({ name }) => contracts[name].owner === partner).map(said);
        return `${partner === owner ? 'its replicas' : partner}: ${names.join(', ')}`;
      })
      .join('; ');
  };
  return [
    '| | |',
    '|---|---|',
    ...Object.entries(TITLES).map(([verb, title]) => `| ${title} | ${cellOf(verb)} |`),
  ].join('\n');
};
