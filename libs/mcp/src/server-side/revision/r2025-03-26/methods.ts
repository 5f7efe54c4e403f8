import type { Operation } from '../../codec.js';

/** https://modelcontextprotocol.io/specification/2025-03-26/schema : what a client may request. */
export const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
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
