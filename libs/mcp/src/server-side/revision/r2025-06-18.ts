import type { Operation, ServerCodec } from '../codec.js';
import { withoutMembers, wrapOutputSchema, wrapStructuredContent } from './definition-text.js';
import {
  initializeResult,
  plainList,
  plainResult,
  sessionCapabilities,
  sessionError,
  sessionUpstreamError,
} from './session-answers.js';

/** https://modelcontextprotocol.io/specification/2025-06-18/schema : what a client may request. */
const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['initialize', { does: 'initialize' }],
  ['ping', { does: 'ping' }],
  ['tools/list', { does: 'list', list: 'tools' }],
  ['tools/call', { does: 'call', method: 'tools/call' }],
  ['prompts/list', { does: 'list', list: 'prompts' }],
  ['prompts/get', { does: 'call', method: 'prompts/get' }],
  ['resources/list', { does: 'list', list: 'resources' }],
  ['resources/templates/list', { does: 'list', list: 'resourceTemplates' }],
  ['resources/read', { does: 'call', method: 'resources/read' }],
  ['resources/subscribe', { does: 'subscribe' }],
  ['resources/unsubscribe', { does: 'unsubscribe' }],
  ['completion/complete', { does: 'call', method: 'completion/complete' }],
  ['logging/setLevel', { does: 'set-level' }],
]);

/** Members of a definition that this revision does not have, or that announce what the gateway does not do in it. */
const ABSENT = ['execution', 'icons'];

/** MCP 2025-06-18: sessions, and requests in both directions. https://modelcontextprotocol.io/specification/2025-06-18 */
export const r2025_06_18: ServerCodec = {
  revision: '2025-06-18',
  operations,
  serverRequests: { elicitationModes: ['form'] },
  batches: false,
  primesStreams: false,
  readEnvelope: () => null,
  definition: (list, text) => {
    const known = withoutMembers(text, ABSENT);
    return list === 'tools' ? wrapOutputSchema(known) : known;
  },
  listResult: (list, definitions, nextCursor) => plainList(list, definitions, nextCursor),
  callResult: (method, { body, meta }) =>
    plainResult(method === 'tools/call' ? wrapStructuredContent(body) : body, meta),
  inputRequiredResult: () => null,
  taskResult: () => null,
  emptyResult: () => '{}',
  greeting: (server, about) => initializeResult('2025-06-18', sessionCapabilities(server, true), server, about),
  error: sessionError,
  upstreamError: (method, _target, failure) => sessionUpstreamError(method, failure),
};
