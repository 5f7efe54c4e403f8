import type { ServerCodec } from '../../codec.js';
import { definition } from './definitions.js';
import { readEnvelope } from './envelope.js';
import { error, upstreamError } from './errors.js';
import { operations } from './methods.js';
import { callResult, discovery, emptyResult, inputRequiredResult, listResult, taskResult } from './results.js';

/** MCP 2026-07-28: stateless, one POST per message. */
export const r2026_07_28: ServerCodec = {
  revision: '2026-07-28',
  operations,
  asks: { elicitationModes: [] },
  readEnvelope,
  definition,
  listResult,
  callResult,
  inputRequiredResult,
  taskResult,
  emptyResult,
  greeting: discovery,
  error,
  upstreamError,
};
