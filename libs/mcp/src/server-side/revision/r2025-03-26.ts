import type { Operation, ServerCodec } from '../codec.js';
import { changedWhere, withoutContentTypes } from './content-text.js';
import { withoutMembers } from './definition-text.js';
import {
  initializeResult,
  plainList,
  plainResult,
  sessionCapabilities,
  sessionError,
  sessionUpstreamError,
} from './session-answers.js';

/** https://modelcontextprotocol.io/specification/2025-03-26/schema : what a client may request. */
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

/** Members of a definition that this revision does not have. */
const ABSENT = ['execution', 'icons', 'title', 'outputSchema', '_meta'];

/** A member of results that came later. */
const STRUCTURED = 'structuredContent';

/** Kinds of content that came later. */
const LATER_CONTENT = ['resource_link'];

/** MCP 2025-03-26: sessions, and requests in both directions. https://modelcontextprotocol.io/specification/2025-03-26 */
export const r2025_03_26: ServerCodec = {
  revision: '2025-03-26',
  operations,
  serverRequests: { elicitationModes: [] },
  batches: true,
  primesStreams: false,
  readEnvelope: () => null,
  definition: (_list, text) => withoutMembers(text, ABSENT),
  listResult: (list, definitions, nextCursor) => plainList(list, definitions, nextCursor),
  callResult: (_method, { body, meta }) =>
    plainResult(
      changedWhere(body, [STRUCTURED, ...LATER_CONTENT], (text) =>
        withoutContentTypes(withoutMembers(text, [STRUCTURED]), LATER_CONTENT),
      ),
      meta,
    ),
  inputRequiredResult: () => null,
  taskResult: () => null,
  emptyResult: () => '{}',
  greeting: (server, about) => initializeResult('2025-03-26', sessionCapabilities(server, true), server, about),
  error: sessionError,
  upstreamError: (method, _target, failure) => sessionUpstreamError(method, failure),
};
