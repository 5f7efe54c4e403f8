import type { IncomingMessage } from 'node:http';
import {
  asObject,
  type ClientRequest,
  isObject,
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_PROTOCOL_VERSION,
  MODERN_REVISION,
  readBody,
  singleHeaderValue,
} from '#libs/mcp';
import { fail } from '#libs/errors';
import { VERSION } from '#libs/service';
import { CallAbort, type Endpoint } from '../../call/index.js';
import type { Pipeline } from '../../pipeline/index.js';
import { type Captured, CapturedAnswer } from './captured-answer.js';
import type { ToolCall } from './tool-call.js';

const CLIENT = { name: 'switchyard-a2a', title: 'Switchyard A2A', version: VERSION };
const CAPABILITIES = { elicitation: { form: {}, url: {} } };
const PAGES_MAX = 20;

/** A tool as it is listed. */
export interface ListedTool {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema?: unknown;
}

/** Why a list was refused, as the pipeline says it. */
export class ListRefused extends Error {
  constructor(readonly captured: Captured) {
    super('refused');
  }
}

/** The request that runs a tool. Throws what `readBody` does. */
export const callRequest = (call: ToolCall, request: IncomingMessage): ClientRequest => {
  const { tool, arguments: args, inputResponses, requestState } = call;
  return requestOf(request, 'tools/call', {
    name: tool,
    arguments: args,
    ...(inputResponses !== undefined && { inputResponses }),
    ...(requestState && { requestState }),
  });
};

/** The tools that the caller sees. Rejects with `ListRefused`. */
export const listTools = async (
  pipeline: Pipeline,
  request: IncomingMessage,
  endpoint: Endpoint,
): Promise<readonly ListedTool[]> => {
  const tools: ListedTool[] = [];
  let cursor: unknown;
  for (let page = 0; page < PAGES_MAX; page++) {
    const reply = new CapturedAnswer();
    void pipeline.run({
      face: 'connection',
      request: requestOf(request, 'tools/list', cursor === undefined ? {} : { cursor }),
      headers: null,
      sessionId: null,
      carrier: request,
      endpoint,
      reply,
      abort: new CallAbort(),
      receivedAtMs: Date.now(),
      inputRefusals: null,
    });
    const captured = await reply.answer;
    const { result } = JSON.parse(captured.text) as { result?: unknown };
    if (!isObject(result)) throw new ListRefused(captured);
    tools.push(...(asObject(result).tools as readonly ListedTool[]));
    cursor = result.nextCursor;
    if (cursor === undefined) break;
  }
  return tools;
};

const requestOf = (request: IncomingMessage, method: string, params: object): ClientRequest => {
  const traceparent = singleHeaderValue(request.headers, 'traceparent');
  const _meta = {
    [META_PROTOCOL_VERSION]: MODERN_REVISION,
    [META_CLIENT_INFO]: CLIENT,
    [META_CLIENT_CAPABILITIES]: CAPABILITIES,
    ...(method === 'tools/call' && { progressToken: 1 }),
    ...(traceparent !== undefined && { traceparent }),
  };
  const message = readBody(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } }));
  if (message.kind === 'invalid') throw message.error;
  if (message.kind !== 'request') throw fail('platform.internal');
  return message;
};
