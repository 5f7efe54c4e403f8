import { Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import type { CredentialCarrier } from '#libs/identity';
import {
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_PROTOCOL_VERSION,
  MODERN_REVISION,
  asObject,
  isObject,
  readBody,
} from '#libs/mcp';
import { childTraceparent, currentTrace, traceIdOf } from '#libs/telemetry';
import { VERSION } from '#libs/service';
import { CallAbort } from '../call/index.js';
import { Pipeline } from '../pipeline/index.js';
import { CapturedReply } from './captured-reply.js';
import type { CallErrorView } from './direct-call.view.js';

/** Who calls, by what, and until when they wait. */
export interface DirectCaller {
  readonly carrier: CredentialCarrier;
  readonly credential: string;
  readonly abort: CallAbort;
}

/** What is asked, and what its client can be asked and show. */
export interface DirectRequest {
  readonly method: 'tools/call' | 'resources/read';
  readonly params: Readonly<Record<string, unknown>>;
  readonly serverId: string | null;
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** Which questions of the result before are refused. */
  readonly inputRefusals?: readonly string[];
}

/** One of `result` and `error`, with what came before it. */
export interface Captured {
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly error: CallErrorView | null;
  readonly notifications: readonly Readonly<Record<string, unknown>>[];
  readonly traceId: string;
}

const CLIENT = { name: 'switchyard-rest', title: 'Switchyard REST API', version: VERSION };

/** Asks as a client of the newest revision does, by the same pipeline: admitted, counted, limited and recorded like any other. */
@Injectable()
export class CapturedCalls {
  constructor(private readonly pipeline: Pipeline) {}

  async ask(request: DirectRequest, caller: DirectCaller): Promise<Captured> {
    const traceparent = childTraceparent(currentTrace()?.traceparent);
    const message = readBody(requestText(request, traceparent));
    if (message.kind === 'invalid') throw message.error;
    if (message.kind !== 'request') throw fail('platform.internal');
    const reply = new CapturedReply();
    void this.pipeline.run({
      face: 'connection',
      request: message,
      headers: null,
      sessionId: null,
      carrier: { ...addressOf(caller.carrier), rawHeaders: asBearer(caller) },
      endpoint: { serverId: request.serverId },
      reply,
      abort: caller.abort,
      receivedAtMs: Date.now(),
      inputRefusals: request.inputRefusals ?? null,
    });
    const text = await reply.answer;
    if (text === null) throw fail('bus.cancelled');
    const answer = asObject(JSON.parse(text));
    return {
      result: isObject(answer['result']) ? answer['result'] : null,
      error: errorOf(answer['error']),
      notifications: reply.notifications.map((note) => asObject(JSON.parse(note))),
      traceId: traceIdOf(traceparent) ?? '',
    };
  }
}

const requestText = ({ method, params, capabilities }: DirectRequest, traceparent: string): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method,
    params: {
      ...params,
      _meta: {
        [META_PROTOCOL_VERSION]: MODERN_REVISION,
        [META_CLIENT_INFO]: CLIENT,
        [META_CLIENT_CAPABILITIES]: capabilities,
        progressToken: 1,
        traceparent,
      },
    },
  });

/** Its headers with the credential as an MCP client brings it. */
const asBearer = ({ carrier: { rawHeaders }, credential }: DirectCaller): readonly string[] => {
  const others = rawHeaders.filter((_, index) => rawHeaders[index - (index % 2)]?.toLowerCase() !== 'authorization');
  return [...others, 'authorization', `Bearer ${credential}`];
};

/** Where it comes from, without what it brought. */
const addressOf = ({ socket, headers }: CredentialCarrier): Pick<CredentialCarrier, 'socket' | 'headers'> => ({
  socket,
  headers,
});

const errorOf = (error: unknown): CallErrorView | null => {
  if (!isObject(error)) return null;
  const { code, message, data } = error;
  return { code: Number(code), message: String(message), data: isObject(data) ? data : null };
};
