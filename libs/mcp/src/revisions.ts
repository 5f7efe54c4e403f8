/** The protocol revisions the gateway serves, newest first. */
export const MODERN_REVISION = '2026-07-28';
/** Those with sessions, newest first. */
export const LEGACY_REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;
export const REVISIONS = [MODERN_REVISION, ...LEGACY_REVISIONS] as const;

/** A revision that is served. https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning */
export type Revision = (typeof REVISIONS)[number];

/** Whether a revision has no sessions: 2026-07-28. */
export const isModern = (revision: string): boolean => revision === MODERN_REVISION;
/** Whether the gateway speaks a revision to its clients. */
export const isServed = (revision: unknown): revision is Revision =>
  typeof revision === 'string' && (REVISIONS as readonly string[]).includes(revision);
