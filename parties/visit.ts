import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type Gateway, type RegisteredGateway, temporaryFolder } from '#libs/testing';
import { differences } from './compare.js';
import type { Outcome } from './outcome.js';
import type { ClientParty, Guests, ServerParty, Target, ToolCall } from './party.js';
import { runToEnd } from './run-to-end.js';
import { ERAS, type Era, type Seen, seenDirectly, seenThrough } from './session.js';

const CLIENT_MS = 90_000;
/** What every client calls, at a server that all of them are pointed at. */
const PREFIX = 'everything-';
const HELLO: ToolCall = { tool: `${PREFIX}echo`, args: { message: 'hello' } };
const ECHO = 'Echo: hello';

/** The parties at one gateway, one after the other. */
export class Visit {
  private common: Promise<Common> | undefined;

  constructor(
    private readonly gateway: Gateway,
    private readonly mode: string,
    private readonly chooses: (name: string) => boolean,
    private readonly say: (text: string) => void,
  ) {}

  /** Those of one language, whose packages are in `installed`. */
  async of({ language, servers, clients }: Guests, installed: string): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const add = async (role: Outcome['role'], party: ServerParty | ClientParty, work: () => Promise<Result>) => {
      const result = await work().catch((error: Error) => ({ seen: '–', problems: [error.message] }));
      const { name, source } = party;
      outcomes.push({ mode: this.mode, language, role, name, source, ...result });
      this.say(
        `${this.mode} ${role} ${name}: ${result.problems.length === 0 ? `same (${result.seen})` : result.problems[0]}`,
      );
    };
    for (const server of servers.filter(({ name }) => this.chooses(name)))
      await add('server', server, () => this.serve(server, installed));
    const chosen = clients.filter(({ name }) => this.chooses(name));
    if (chosen.length === 0) return outcomes;
    this.common ??= this.openCommon();
    const common = await this.common;
    for (const client of chosen) await add('client', client, () => this.join(client, installed, common));
    return outcomes;
  }

  /** Lists and calls of one server, directly and through the gateway, as a client of each era. */
  private async serve(server: ServerParty, installed: string): Promise<Result> {
    // Paths stand in what some servers answer, so each process is given the same one.
    const home = temporaryFolder('party');
    fs.writeFileSync(path.join(home, 'letter.txt'), 'Dear reader');
    let registered: RegisteredGateway | undefined;
    try {
      const launch = server.launch(installed, home);
      const prefix = `${server.name}-`;
      const calls = server.calls(home);
      // Before the gateway starts it: the first start of a program reads all of its files from the disk.
      const direct = new Map<Era, Seen>();
      for (const era of ERAS) direct.set(era, await seenDirectly(launch, era, calls));
      registered = await this.gateway.admin.register({
        name: server.name,
        transport: 'STDIO',
        toolPrefix: prefix,
        ...launch,
      });
      const target = await this.targetOf(server.name, registered);
      const named = calls.map((call) => ({ ...call, tool: prefix + call.tool }));
      const problems: string[] = [];
      let seen: Seen | undefined;
      for (const [era, expected] of direct) {
        seen = await seenThrough(target, era, named);
        problems.push(...differences(expected, seen, prefix).map((text) => `${era}: ${text}`));
      }
      const counts = seen === undefined ? [] : [seen.tools, seen.prompts, seen.resources, seen.resourceTemplates];
      return { seen: `${counts.map(({ length }) => length).join(' + ')}, ${calls.length} calls`, problems };
    } finally {
      if (registered !== undefined) await this.gateway.admin.call('DELETE', `/gateways/${registered.id}`);
      fs.rmSync(home, { recursive: true, force: true });
    }
  }

  private async join(client: ClientParty, installed: string, { target, names, namesOfMute }: Common): Promise<Result> {
    const home = temporaryFolder('party');
    try {
      const { command, args, env = {} } = client.launch(installed, home, target, HELLO);
      const printed = await runToEnd(command, args, { cwd: installed, timeoutMs: CLIENT_MS, env });
      const answer = JSON.parse(printed.trim().split('\n').at(-1) ?? '') as { names: string[]; text: string };
      const problems: string[] = [];
      const missing = namesOfMute.filter((name) => !answer.names.includes(name));
      if (missing.length > 0) problems.push(`lists ${answer.names.length} tools; ${missing.join(', ')} missing`);
      const unknown = answer.names.filter((name) => !names.includes(name));
      if (unknown.length > 0) problems.push(`lists ${unknown.join(', ')}, which the server does not have`);
      if (answer.text !== ECHO) problems.push(`the call gave ${JSON.stringify(answer.text)}`);
      return { seen: `${answer.names.length} tools, 1 call`, problems };
    } finally {
      fs.rmSync(home, { recursive: true, force: true });
    }
  }

  /** The server that clients are pointed at: the official one with something of everything. */
  private async openCommon(): Promise<Common> {
    const script = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js');
    const launch = { command: process.execPath, args: [script, 'stdio'] };
    const registered = await this.gateway.admin.register({
      name: 'everything for clients',
      transport: 'STDIO',
      toolPrefix: PREFIX,
      ...launch,
    });
    const target = await this.targetOf('common', registered);
    const { tools } = await seenThrough(target, 'auto', []);
    const mute = await seenDirectly(launch, 'auto', [], false);
    return {
      target,
      names: tools.map(({ name }) => String(name)),
      namesOfMute: mute.tools.map(({ name }) => `${PREFIX}${String(name)}`),
    };
  }

  private async targetOf(name: string, registered: RegisteredGateway): Promise<Target> {
    const { id } = await this.gateway.admin.createServer(`${name} ${Date.now()}`, [registered]);
    return { url: `${this.gateway.url}/servers/${id}/mcp`, token: this.gateway.adminToken };
  }
}

/** The server that clients are pointed at. */
interface Common {
  readonly target: Target;
  /** All that it has. */
  readonly names: readonly string[];
  /** What it has, by itself, for a client that cannot be asked anything; each client is shown at least this. */
  readonly namesOfMute: readonly string[];
}

type Result = Pick<Outcome, 'seen' | 'problems'>;
