import type { ServerCodec } from '../../codec.js';
import { definition } from './definitions.js';
import { error, upstreamError } from './errors.js';
import { operations } from './methods.js';
import { callResult, emptyResult, greeting, listResult } from './results.js';

/** MCP 2024-11-05: sessions, and requests in both directions. */
export const r2024_11_05: ServerCodec = {
  revision: '2024-11-05',
  operations,
  asks: { elicitationModes: [] },
  readEnvelope: () => null,
  definition,
  listResult,
  callResult,
  inputRequiredResult: () => null,
  taskResult: () => null,
  emptyResult,
  greeting,
  error,
  upstreamError,
};
