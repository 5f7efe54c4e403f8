import { randomUUID } from 'node:crypto';

/** Unguessable, and safe as a token of a bus subject. */
export const newObjectId = (): string => randomUUID().replaceAll('-', '');

/** Whatever else a path holds is no object's id; it is not taken to the database. */
export const isObjectId = (text: string): boolean => /^[0-9a-f]{32}$/.test(text);
