import type { NeutralResult, ServerCapabilities } from './codec.js';
import { appendMembers } from './text.js';

/** Results of the revisions with sessions: the upstream's body, and `_meta` where there is any. */
export const plainResult = (body: string, meta: NeutralResult['meta']): string =>
  meta === undefined ? body : appendMembers(body, `"_meta":${JSON.stringify(meta)}`);

export const plainList = (member: string, definitions: readonly string[], nextCursor: string | null): string => {
  const cursor = nextCursor === null ? '' : `,"nextCursor":${JSON.stringify(nextCursor)}`;
  return `{"${member}":[${definitions.join(',')}]${cursor}}`;
};

/** The InitializeResult, but for what differs between revisions. */
export const initializeResult = (
  revision: string,
  capabilities: object,
  server: ServerCapabilities,
  about: string,
): string => {
  const instructions = server.instructions === null ? '' : `,"instructions":${JSON.stringify(server.instructions)}`;
  return `{"protocolVersion":"${revision}","capabilities":${JSON.stringify(capabilities)},"serverInfo":${about}${instructions}}`;
};

/** The gateway filters log messages per session itself, so `logging` is always offered. */
export const sessionCapabilities = (server: ServerCapabilities, completions: boolean): object => ({
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: server.subscribe },
  logging: {},
  ...(completions && server.completions && { completions: {} }),
});
