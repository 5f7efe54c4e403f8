import type { ServerCodec } from '../../codec.js';
import { definition } from './definitions.js';
import { error, upstreamError } from './errors.js';
import { operations } from './methods.js';
import { callResult, emptyResult, greeting, listResult } from './results.js';

/** MCP 2025-11-25: sessions, and requests in both directions. */
export const r2025_11_25: ServerCodec = {
  revision: '2025-11-25',
  operations,
  asks: { elicitationModes: ['form', 'url'] },
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
