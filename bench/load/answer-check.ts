import { type Scenario, TOOL_COUNT } from '../scenario.js';
import type { HttpAnswer } from './http-connection.js';
import { isEra, messageOf, textOf } from './message.js';

interface Reply {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly error?: unknown;
  readonly result?: {
    readonly resultType?: unknown;
    readonly ttlMs?: unknown;
    readonly cacheScope?: unknown;
    readonly isError?: unknown;
    readonly content?: readonly { readonly type?: unknown; readonly text?: unknown }[];
    readonly tools?: readonly { readonly name?: unknown; readonly inputSchema?: unknown }[];
  };
}

/** Sees every answer; a wrong one is worth a word, a right one null. */
export class AnswerCheck {
  /** A list answer found right, split at its id: the next ones are right when they are the same text. */
  private known: { readonly before: string; readonly after: string } | undefined;

  constructor(private readonly scenario: Scenario) {}

  problemOf(id: number, { status, head, body }: HttpAnswer): string | null {
    if (status !== 200) return `status ${status}: ${body.slice(0, 200)}`;
    const text = messageOf(head, body);
    if (this.known !== undefined && text === `${this.known.before}${id}${this.known.after}`) return null;
    let reply: Reply;
    try {
      reply = JSON.parse(text) as Reply;
    } catch {
      return `not JSON: ${text.slice(0, 200)}`;
    }
    const problem = this.problemIn(id, reply);
    if (problem === null) this.remember(id, text);
    return problem === null ? null : `${problem}: ${text.slice(0, 200)}`;
  }

  private problemIn(id: number, { jsonrpc, id: answered, error, result }: Reply): string | null {
    if (jsonrpc !== '2.0' || answered !== id) return `not the answer to ${id}`;
    if (error !== undefined || result === undefined) return 'no result';
    if (!isEra(this.scenario.era, result.resultType)) return 'resultType of another era';
    return this.scenario.call === 'tools/call' ? this.problemInCall(id, result) : this.problemInList(result);
  }

  private problemInCall(id: number, { content, isError }: NonNullable<Reply['result']>): string | null {
    const [block] = content ?? [];
    return isError || content?.length !== 1 || block?.type !== 'text' || block.text !== textOf(id)
      ? 'wrong content'
      : null;
  }

  private problemInList({ tools, ttlMs, cacheScope }: NonNullable<Reply['result']>): string | null {
    const names = new Set(tools?.map(({ name }) => name));
    if (names.size !== TOOL_COUNT || !names.has('echo')) return `${names.size} tools`;
    if (!tools?.every(({ inputSchema }) => typeof inputSchema === 'object')) return 'a tool without schema';
    const cacheable = typeof ttlMs === 'number' && typeof cacheScope === 'string';
    return cacheable === (this.scenario.era === 'modern') ? null : 'cache fields of another era';
  }

  private remember(id: number, text: string): void {
    if (this.scenario.call !== 'tools/list') return;
    const mark = `"id":${id}`;
    const at = text.indexOf(mark);
    if (at >= 0) this.known = { before: text.slice(0, at + 5), after: text.slice(at + mark.length) };
  }
}
