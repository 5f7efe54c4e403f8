import type { ValueTransformer } from 'typeorm';

/** The driver gives a bigint as text; ours count rows and stay far below 2^53. */
export const bigintAsNumber: ValueTransformer = {
  to: (value: unknown) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};
