import { setTimeout as sleep } from 'node:timers/promises';
import type { RegisteredGateway } from '#libs/testing';
import {
  type Called,
  type Target,
  callLegacy,
  callModern,
  openSession,
  sessionHeaders,
} from '../../../apps/switchyard/test/traffic/caller.js';

/** What clients of a soak are up against. */
export interface SoakTarget {
  /** Of the edge. */
  readonly url: string;
  /** Of the virtual server that has the ledger's tool. */
  readonly path: string;
  readonly ledgerUrl: string;
  /** So soon a revoked token is refused everywhere. */
  readonly revokedWithinMs: number;
  /** Renewed before they expire. */
  adminToken: string;
  tokens: readonly string[];
}

/** It was said, by name, that nothing was done: a machine that has too little time to itself says so. */
export class SoakRefusal extends Error {}

/** Nobody can say what became of it: there was no answer in time, or the connection went away. */
export class SoakLoss extends Error {}

interface Session {
  readonly id: string;
  readonly target: Target;
  leftUses: number;
}

const HANGS_AFTER_MS = 120_000;
const SESSIONS = 20;
const USES = 40;
const FOLLOWS_MS = 2_000;
const MODERN = '2026-07-28';

/** How often each is done, of a hundred. */
const WEIGHTS = { call: 45, sessionCall: 22, list: 14, rest: 12, follow: 3, tokenLife: 2, registration: 2 } as const;
export type Operation = keyof typeof WEIGHTS;
const OPERATIONS = Object.keys(WEIGHTS) as Operation[];
const ALL = Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, 0);
const REST_PATHS = [
  '/tools?limit=20',
  '/gateways?limit=20',
  '/servers?limit=20',
  '/metrics',
  '/calls?limit=5',
  '/tags',
];

/** Each does one thing a client does, and rejects where the gateway did not do it. */
export class SoakClients {
  /** Calls that were answered well. */
  wentWell = 0;
  private turn = 0;
  private readonly sessions: Session[] = [];

  constructor(private readonly target: SoakTarget) {}

  /** In turn, the same each time: a hundred of them are as often each as the weights say. */
  next(): Operation {
    let place = (this.turn++ * 37) % ALL;
    for (const operation of OPERATIONS) {
      place -= WEIGHTS[operation];
      if (place < 0) return operation;
    }
    return 'call';
  }

  run(operation: Operation): Promise<void> {
    return this[operation]();
  }

  private async call(): Promise<void> {
    this.settle(await callModern(this.mcp()));
  }

  private async sessionCall(): Promise<void> {
    const session = await this.session();
    this.settle(await callLegacy(session.target, session.id));
    if (--session.leftUses > 0) return void this.sessions.push(session);
    // Every fourth goes away without a word.
    if (this.turn % 4 > 0)
      await this.expect(204, 'DELETE', this.target.path, session.target.token, sessionHeaders(session.id));
  }

  private async list(): Promise<void> {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': MODERN,
      'io.modelcontextprotocol/clientInfo': { name: 'soak', version: '1.0.0' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta } };
    const headers = {
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': MODERN,
      'mcp-method': 'tools/list',
    };
    const text = await this.expect(200, 'POST', this.target.path, this.anyToken(), headers, body);
    if (!text.includes('"record"')) throw new Error(`a list lacks its tool: ${text.slice(0, 200)}`);
  }

  private async rest(): Promise<void> {
    const path = REST_PATHS[this.turn % REST_PATHS.length] ?? '/tools';
    await this.expect(200, 'GET', path, this.target.adminToken);
  }

  /** Follows a session's stream for a while, and goes away. */
  private async follow(): Promise<void> {
    const session = await this.session();
    const { url, path } = this.target;
    const response = await fetch(`${url}${path}`, {
      headers: {
        accept: 'text/event-stream',
        authorization: `Bearer ${session.target.token}`,
        ...sessionHeaders(session.id),
      },
      signal: AbortSignal.timeout(HANGS_AFTER_MS),
    });
    if (response.status !== 200) throw failureOf('GET of a session', response.status, await response.text());
    await sleep(FOLLOWS_MS);
    await response.body?.cancel();
    this.sessions.push(session);
  }

  /** A token is made, good, revoked, and refused. */
  private async tokenLife(): Promise<void> {
    const { adminToken, revokedWithinMs } = this.target;
    const made = JSON.parse(
      await this.expect(201, 'POST', '/tokens', adminToken, {}, { name: `soak ${this.turn}` }),
    ) as { readonly access_token: string; readonly token: { readonly id: string } };
    await this.expect(200, 'GET', '/tools?limit=1', made.access_token);
    await this.expect(204, 'DELETE', `/tokens/${made.token.id}`, adminToken);
    for (const untilMs = Date.now() + revokedWithinMs; ; await sleep(50)) {
      const { status } = await this.ask('GET', '/tools?limit=1', made.access_token);
      if (status === 401) return;
      if (Date.now() > untilMs) throw new Error(`a revoked token is answered ${status} after ${revokedWithinMs} ms`);
    }
  }

  /** An upstream is registered, its tool is offered, and it is taken away. */
  private async registration(): Promise<void> {
    const { adminToken, ledgerUrl } = this.target;
    const name = `soak-${this.turn}`;
    const body = { name, url: `${ledgerUrl}/${name}` };
    const made = JSON.parse(await this.expect(201, 'POST', '/gateways', adminToken, {}, body)) as RegisteredGateway;
    const tools = await this.expect(200, 'GET', '/tools', adminToken);
    if (!tools.includes(`"${made.id}"`)) throw new Error(`${name} offers nothing after it was registered`);
    await this.expect(200, 'DELETE', `/gateways/${made.id}`, adminToken);
    const later = await this.expect(200, 'GET', '/gateways', adminToken);
    if (later.includes(`"${name}"`)) throw new Error(`${name} is listed after it was removed`);
  }

  private settle({ ending }: Called): void {
    const isSilence = ending.kind === 'wrong' && ending.what.startsWith('no answer');
    if (isSilence || ending.kind === 'reset' || ending.kind === 'unknown') throw new SoakLoss(JSON.stringify(ending));
    if (ending.kind === 'refused') throw new SoakRefusal(`a call was refused: ${ending.reason}`);
    if (ending.kind !== 'ok') throw new Error(`a call ended otherwise: ${JSON.stringify(ending)}`);
    this.wentWell++;
  }

  /** One that nobody else uses meanwhile. */
  private async session(): Promise<Session> {
    if (this.sessions.length >= SESSIONS) return this.sessions.shift() as Session;
    const target = this.mcp();
    const id = await openSession(target);
    if (id === null) throw new SoakRefusal('no session was opened');
    return { id, target, leftUses: USES };
  }

  private mcp(): Target {
    return { url: `${this.target.url}${this.target.path}`, token: this.anyToken(), hangsAfterMs: HANGS_AFTER_MS };
  }

  private anyToken(): string {
    const { tokens } = this.target;
    return tokens[this.turn % tokens.length] ?? '';
  }

  private async expect(
    status: number,
    method: string,
    path: string,
    token: string,
    headers: Readonly<Record<string, string>> = {},
    body?: object,
  ): Promise<string> {
    const answer = await this.ask(method, path, token, headers, body);
    if (answer.status === status) return answer.text;
    throw failureOf(`${method} ${path.replace(/[\w-]{20,}/g, 'ID')}`, answer.status, answer.text);
  }

  private async ask(
    method: string,
    path: string,
    token: string,
    headers: Readonly<Record<string, string>> = {},
    body?: object,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`${this.target.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(HANGS_AFTER_MS),
    });
    return { status: response.status, text: await response.text() };
  }
}

const failureOf = (what: string, status: number, text: string): Error => {
  const [, code] = /"(?:code|reason)":"([a-z]+\.[a-z_]+)"/.exec(text) ?? [];
  if (status === 503 && code !== undefined) return new SoakRefusal(`${what} was refused: ${code}`);
  const said = `${what}: ${status} ${text.slice(0, 200)}`;
  return status === 504 && code !== undefined ? new SoakLoss(said) : new Error(said);
};
