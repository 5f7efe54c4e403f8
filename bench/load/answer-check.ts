import { PROGRESS_STEPS, isLong, longAnswer } from '#libs/testing';
import { type Scenario, TOOL_COUNT } from '../scenario.js';
import type { HttpAnswer } from './http-connection.js';
import { isEra, messagesOf, progressTokenOf, textOf } from './message.js';

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
    readonly structuredContent?: unknown;
    readonly tools?: readonly { readonly name?: unknown; readonly inputSchema?: unknown }[];
  };
}

interface Progress {
  readonly method?: unknown;
  readonly params?: { readonly progressToken?: unknown; readonly progress?: unknown; readonly message?: unknown };
}

/** Sees every answer; a wrong one is worth a word, a right one null. */
export class AnswerCheck {
  /** A long answer found right, without its id and text: another one is right when it is this with its own. */
  private known: string | undefined;

  constructor(private readonly scenario: Scenario) {}

  problemOf(id: number, { status, head, body }: HttpAnswer): string | null {
    if (status !== 200) return `status ${status}: ${body.slice(0, 200)}`;
    const messages = messagesOf(head, body);
    const text = messages.at(-1) ?? '';
    const before = this.problemBefore(id, messages.slice(0, -1));
    if (before !== null) return `${before}: ${body.slice(0, 400)}`;
    if (text === this.expected(id)) return null;
    const problem = this.problemWith(id, text);
    if (problem === null) this.remember(id, text);
    return problem === null ? null : `${problem}: ${text.slice(0, 200)}`;
  }

  /** All progress, in order, under the token of this very call; nothing else ahead of the result. */
  private problemBefore(id: number, messages: readonly string[]): string | null {
    const due = this.scenario.work === 'steps' ? PROGRESS_STEPS : 0;
    if (messages.length !== due) return `${messages.length} messages before the answer instead of ${due}`;
    for (const [index, message] of messages.entries()) {
      const { method, params } = JSON.parse(message) as Progress;
      if (method !== 'notifications/progress') return `${String(method)} before the answer`;
      if (params?.progressToken !== progressTokenOf(id)) return 'the progress of another call';
      if (params.progress !== index + 1 || params.message !== `step ${index + 1}`) return 'progress out of order';
    }
    return null;
  }

  private problemWith(id: number, text: string): string | null {
    let reply: Reply;
    try {
      reply = JSON.parse(text) as Reply;
    } catch {
      return 'not JSON';
    }
    const { jsonrpc, id: answered, error, result } = reply;
    if (jsonrpc !== '2.0' || answered !== id) return `not the answer to ${id}`;
    if (error !== undefined || result === undefined) return 'no result';
    if (!isEra(this.scenario.era, result.resultType)) return 'resultType of another era';
    return this.scenario.work === 'list' ? this.problemInList(result) : this.problemInCall(id, result);
  }

  private problemInCall(
    id: number,
    { content, structuredContent, isError }: NonNullable<Reply['result']>,
  ): string | null {
    const [block] = content ?? [];
    const { work } = this.scenario;
    const isObject = work === 'rest' || work === 'grpc';
    const object = JSON.stringify({ text: textOf(id) });
    const due = isLong(work) ? longAnswer(work, textOf(id)) : isObject ? object : textOf(id);
    if (isError || content?.length !== 1 || block?.type !== 'text') return 'wrong content';
    if (isObject && JSON.stringify(structuredContent) !== object) return 'wrong structured content';
    return block.text === due ? null : `wrong text of ${String(block.text).length} characters`;
  }

  private problemInList({ tools, ttlMs, cacheScope }: NonNullable<Reply['result']>): string | null {
    const names = new Set(tools?.map(({ name }) => name));
    if (names.size !== TOOL_COUNT || !names.has('echo')) return `${names.size} tools`;
    if (!tools?.every(({ inputSchema }) => typeof inputSchema === 'object')) return 'a tool without schema';
    const cacheable = typeof ttlMs === 'number' && typeof cacheScope === 'string';
    return cacheable === (this.scenario.era === 'modern') ? null : 'cache fields of another era';
  }

  private expected(id: number): string | undefined {
    return this.known?.replace(ID_BLANK, idOf(id)).replace(TEXT_BLANK, startOf(id));
  }

  private remember(id: number, text: string): void {
    const { work } = this.scenario;
    if (work !== 'list' && !isLong(work)) return;
    this.known = text.replace(idOf(id), ID_BLANK).replace(startOf(id), TEXT_BLANK);
  }
}

const ID_BLANK = '"id":#';
const TEXT_BLANK = '#text#';
const idOf = (id: number): string => `"id":${id}`;
/** How a long text begins, with enough of what follows to be of one length for every call. */
const startOf = (id: number): string => textOf(id).padEnd(64, '-');
