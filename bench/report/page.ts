import type { Report } from './report.js';
import { type Table, tablesOf } from './tables.js';

const INTRODUCTION = `# What it costs

<!-- Written by \`npm run bench -- --publish\`. -->

\`npm run bench\` measures it in one run on one machine: an upstream of ours that answers as fast as \`node:http\` can, alone,
behind a bare Node reverse proxy (\`node:http\` and undici, no checks), behind the embedded gateway, and behind five services
over NATS, Redis and Postgres. The gateway's rows have authentication, routing and call records on. The load generator is a
process of its own and checks every answer, byte for byte where it is long; a wrong one fails the run. CPU is the user and
system time of all our processes, the broker included; *stores* is what Postgres and Redis take besides.

![the figures as a picture](benchmarks.svg)

Shared machines make absolute figures unstable, so read the ratios: each is the median of what the rounds say, and a round
measures all subjects one after the other.

- **10 progress events**: the upstream answers with a stream; the client gets all of them, in order, then the result.
- **session on two replicas**: two of every service; a legacy session's requests go to both in turn.
- **1,000 listen streams**: resident memory without garbage before, with all of them open and idle, and after; each is told of
  one change, once.
- **a modest caller beside a greedy one**: four connections that call a quick tool, alone and beside another caller that keeps
  2,000 calls of a slow one going, ten times what one upstream takes at once; what is refused comes again when it is told to.
  Then beside 520 requests without a token of which a head and one byte come; each that is cut off is there again a second later.
- **a healthy upstream beside a sick one**: eight connections that call it 20 times a second at most, alone and while eight callers call another
  in the same way: one that is as well (what as many calls take), hangs, resets the connection, drips a byte a second, answers 503 or
  429, floods the stream of each call, whose name server says nothing, or whose name is gone.
- **1 caller**: one connection, which asks again when it has its answer.
- **garbage of a call**: what a call, and a list, which has no record, allocate in the heaps of all Node processes; and the turns
  of the event loop meanwhile, of the process where they take longest. What the bare proxy leaves, \`node:http\` and undici do.
- **start**: from \`npm start\` to the first answered call, nothing to build. With an empty data folder the first call is
  \`tools/list\`, else a \`tools/call\` to an upstream registered before.
- **ten thousand tools**: one gateway with one upstream of 50 tools, then with 200 of them. A tool is switched off or on before each
  call, and in 20 of 120 times a call of that tool shows that the change has come. CPU is that of all processes, databases
  included, less that of the calls. An upstream of 50 tools is registered and called, then deleted.
- **compressed lists**: a list of 500 tools, asked for again and again by four connections in each coding in turn; CPU is that of the
  gateway's processes. Each answer is decoded and counted.
- **tools of other kinds**: one gateway with a tool each of an MCP server, an HTTP API and a gRPC server, all of which answer with the text they are
  given; the last two against the first, by one caller's protocol (2026-07-28).
- **a large document imported**: 1,200 operations that refer to 2,400 schemas, 12 MB, by a gateway that has imported none before.
- **resident memory**: of each Node process, idle before its first call, the most in the rows of small calls, and the
  most in the whole run. What PostgreSQL's processes share counts once.

## Beside others

\`npm run bench -- --peers\` measures a call through other programs that stand between a client and a server, at pinned versions, beside
the bare proxy and the embedded gateway: npm \`mcp-proxy\`, \`supergateway\`, the crate \`mcp-proxy\`, a proxy of FastMCP, and ContextForge
with SQLite and with Postgres and Redis. Each is installed into a folder of its own (\`--folder\`) where its package manager is on the machine
(npm; cargo; Python 3.10, for ContextForge 3.12); one that is not, or does not start, is named with the reason under the table.
The embedded gateway and ContextForge authenticate and record; the others do neither, and the first two have a program for an
upstream, since they stand before no URL. Every answer is checked; \`--peer\` and \`--only\` choose. It is no part of \`npm test\`.

Rows that were measured one by one since, on newer code: [benchmark-rows.md](benchmark-rows.md).`;

/** One line, wrapped by nobody. */
export const markdownOf = ({ title, texts, head, body }: Table): string => {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = `|${head.map((_, index) => (index < texts ? '---' : '--:')).join('|')}|`;
  return [`### ${title}`, '', row(head), rule, ...body.map(row)].join('\n');
};

/** `docs/benchmarks.md`. */
export const pageOf = (report: Report): string => {
  const { at, machine, settings } = report;
  const { rounds, connections, durationMs } = settings;
  const heading = `## ${at.slice(0, 10)}, ${machine.cpus} cores (${machine.model}), Node ${machine.node.slice(1)}`;
  const how = `${connections} connections, ${rounds} rounds of ${durationMs / 1_000} s per row; load generator, upstream and gateway share the cores.`;
  return `${[INTRODUCTION, heading, how, ...tablesOf(report).map(markdownOf)].join('\n\n')}\n`;
};
