import { LEGACY_REVISIONS, type Revision } from '../revisions.js';
import type { ServerCodec } from './codec.js';
import { r2024_11_05 } from './revision/r2024-11-05.js';
import { r2025_03_26 } from './revision/r2025-03-26.js';
import { r2025_06_18 } from './revision/r2025-06-18.js';
import { r2025_11_25 } from './revision/r2025-11-25.js';
import { r2026_07_28 } from './revision/r2026-07-28.js';

const codecs: Readonly<Record<Revision, ServerCodec>> = {
  '2026-07-28': r2026_07_28,
  '2025-11-25': r2025_11_25,
  '2025-06-18': r2025_06_18,
  '2025-03-26': r2025_03_26,
  '2024-11-05': r2024_11_05,
};

/** How clients of a revision are spoken to. */
export const serverCodec = (revision: Revision): ServerCodec => codecs[revision];

/** Which revision a session gets: the one asked for if it has sessions and is served, else the newest that has. */
export const negotiateRevision = (requested: unknown): Revision =>
  LEGACY_REVISIONS.find((revision) => revision === requested) ?? LEGACY_REVISIONS[0];
