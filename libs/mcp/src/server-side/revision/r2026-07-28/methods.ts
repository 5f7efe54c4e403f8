import type { Operation } from '../../codec.js';

/** https://modelcontextprotocol.io/specification/2026-07-28/schema : what a client may request. */
export const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['server/discover', { does: 'discover' }],
  ['tools/list', { does: 'list', list: 'tools' }],
  ['tools/call', { does: 'call', method: 'tools/call' }],
  ['prompts/list', { does: 'list', list: 'prompts' }],
  ['prompts/get', { does: 'call', method: 'prompts/get' }],
  ['resources/list', { does: 'list', list: 'resources' }],
  ['resources/templates/list', { does: 'list', list: 'resourceTemplates' }],
  ['resources/read', { does: 'call', method: 'resources/read' }],
  ['completion/complete', { does: 'call', method: 'completion/complete' }],
  ['subscriptions/listen', { does: 'listen' }],
  // https://github.com/modelcontextprotocol/ext-tasks
  ['tasks/get', { does: 'call', method: 'tasks/get' }],
  ['tasks/update', { does: 'call', method: 'tasks/update' }],
  ['tasks/cancel', { does: 'call', method: 'tasks/cancel' }],
]);
