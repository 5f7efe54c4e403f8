import type { HttpReply } from '#libs/mcp-http';
import { fail } from '#libs/errors';
import {
  type ClientRequest,
  editParams,
  errorMessage,
  memberText,
  paramText,
  requestMessage,
  toRpcError,
  withMembers,
  METHOD_NOT_FOUND,
  MODERN_ERRORS,
} from '#libs/mcp';
import { ChildProgram, type ProgramCommand } from './child-program.js';
import { type RelayedMessage, readRelayed } from '../../messages/relayed-message.js';

interface Waiting {
  readonly reply: HttpReply;
  /** As the client wrote them. */
  readonly idText: string;
  readonly progressTokenText: string | undefined;
}

const SUBSCRIPTION_KEY = 'io.modelcontextprotocol/subscriptionId';

/**
 * One program for everybody who brings an envelope with each request (2026-07-28). Ids and tokens are of one client
 * each, so towards the program they are ours.
 */
export class ExposedProgram {
  private program: ChildProgram | null = null;
  private readonly waiting = new Map<string, Waiting>();
  private count = 0;

  constructor(
    private readonly command: ProgramCommand,
    private readonly ended: (reason: string) => void,
  ) {}

  /** Answers what takes the request back. */
  ask({ idText, method, params }: ClientRequest, reply: HttpReply): () => void {
    const id = `r${++this.count}`;
    const metaText = paramText(params, '_meta') ?? '{}';
    const meta = params.value['_meta'] as Readonly<Record<string, unknown>>;
    const wantsProgress = meta['progressToken'] !== undefined;
    const progressTokenText = wantsProgress ? JSON.stringify(meta['progressToken']) : undefined;
    const edited = wantsProgress
      ? editParams(params, { _meta: withMembers(metaText, { progressToken: JSON.stringify(id) }) })
      : params.text;
    this.program ??= this.start();
    if (!this.program.write(requestMessage(id, method, edited))) {
      throw fail('upstream.busy', { message: 'The program does not read', executed: 'no' });
    }
    this.waiting.set(id, { reply, idText, progressTokenText });
    return () => {
      if (!this.waiting.delete(id)) return;
      this.program?.write(
        JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } }),
      );
    };
  }

  async end(): Promise<void> {
    await this.program?.end();
  }

  private start(): ChildProgram {
    const program = new ChildProgram(this.command, {
      line: (line) => this.receive(line),
      ended: (reason) => {
        this.program = null;
        const error = toRpcError(fail('upstream.closed', { message: `The program is gone: ${reason}` }));
        for (const { reply, idText } of this.waiting.values()) reply.finish(errorMessage(idText, error), 200);
        this.waiting.clear();
        this.ended(reason);
      },
    });
    return program;
  }

  private receive(line: string): void {
    const message = readRelayed(line);
    if (message === null) return;
    if (message.method === undefined) return this.answer(message, line);
    const { progressToken, _meta } = message.params ?? {};
    if (message.method === 'notifications/progress') {
      const { reply, progressTokenText } = this.waiting.get(String(progressToken)) ?? {};
      if (progressTokenText !== undefined) void reply?.send(inParams(line, { progressToken: progressTokenText }));
      return;
    }
    const subscription = _meta?.[SUBSCRIPTION_KEY];
    if (subscription !== undefined) {
      const found = this.waiting.get(subscription as string);
      if (found !== undefined) void found.reply.send(inMeta(line, 'params', found.idText));
      return;
    }
    // Other notifications belong to one request or another: where there is one, it is that.
    const [only] = this.waiting.values();
    if (this.waiting.size === 1) void only?.reply.send(line);
  }

  private answer(message: RelayedMessage, line: string): void {
    const found = this.waiting.get(String(message.id));
    if (found === undefined) return;
    this.waiting.delete(String(message.id));
    const meta = message.result?.['_meta'] as Readonly<Record<string, unknown>> | undefined;
    const text = meta?.[SUBSCRIPTION_KEY] === undefined ? line : inMeta(line, 'result', found.idText);
    found.reply.finish(withMembers(text, { id: found.idText }), statusOf(message));
  }
}

/** https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http */
const statusOf = ({ error }: RelayedMessage): number => {
  if (error?.code === METHOD_NOT_FOUND) return 404;
  return MODERN_ERRORS.has(error?.code as number) ? 400 : 200;
};

const inParams = (line: string, changes: Readonly<Record<string, string>>): string =>
  withMembers(line, { params: withMembers(memberText(line, 'params') ?? '{}', changes) });

/** The subscription's id in `_meta`, as the client knows it. */
const inMeta = (line: string, part: 'params' | 'result', idText: string): string => {
  const partText = memberText(line, part) ?? '{}';
  const _meta = withMembers(memberText(partText, '_meta') ?? '{}', { [SUBSCRIPTION_KEY]: idText });
  return withMembers(line, { [part]: withMembers(partText, { _meta }) });
};
