import type { A2aDouble, A2aDoubleOptions } from './a2a-double.js';

/** The SDKs are loaded by those tests alone that have an agent. */
export const startA2aDouble = async (options: A2aDoubleOptions): Promise<A2aDouble> =>
  (await import('./a2a-double.js')).startA2aDouble(options);
