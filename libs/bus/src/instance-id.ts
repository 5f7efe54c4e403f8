import { randomBytes } from 'node:crypto';

/** 128 random bits, in letters a subject token may hold. */
export const newInstanceId = (): string => randomBytes(16).toString('hex');
