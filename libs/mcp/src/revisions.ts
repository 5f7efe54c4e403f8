/** The protocol revisions the gateway serves, newest first. */
export const MODERN_REVISION = '2026-07-28';
export const LEGACY_REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;
export const REVISIONS = [MODERN_REVISION, ...LEGACY_REVISIONS] as const;

export type Revision = (typeof REVISIONS)[number];

export const isModern = (revision: string): boolean => revision === MODERN_REVISION;
export const isServed = (revision: unknown): revision is Revision =>
  typeof revision === 'string' && (REVISIONS as readonly string[]).includes(revision);
