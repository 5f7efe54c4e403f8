import type { GrpcDouble, GrpcDoubleOptions } from './grpc-double.js';

/** The packages of its servers are loaded by those tests alone that have one. */
export const startGrpcDouble = async (options: GrpcDoubleOptions = {}): Promise<GrpcDouble> =>
  (await import('./grpc-double.js')).startGrpcDouble(options);
