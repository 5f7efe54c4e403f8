import type { Visibility } from '#contracts/registry/catalog';
import type { OfferedEntry } from '../entries/difference.js';

/** Whether tools that an upstream offers only after it was registered may be called at once. */
export const NEW_TOOLS = ['enabled', 'disabled'] as const;
export type NewTools = (typeof NEW_TOOLS)[number];

interface GatewayOfNewTools {
  readonly visibility: Visibility;
  /** Null: as the gateway's visibility has it. */
  readonly newTools: NewTools | null;
}

/**
 * What counts for a gateway. An upstream that its owner alone may use is the owner's own affair; where others may call
 * what appears there, the operator says (`fallback`).
 */
export const newToolsOf = ({ newTools, visibility }: GatewayOfNewTools, fallback: NewTools): NewTools =>
  newTools ?? (visibility === 'private' ? 'enabled' : fallback);

/** What is offered, with tools that wait for somebody to enable them where they are new. */
export const withNewTools = (offered: readonly OfferedEntry[], newTools: NewTools): readonly OfferedEntry[] =>
  newTools === 'enabled'
    ? offered
    : offered.map((entry) => (entry.kind === 'tool' ? { ...entry, startsDisabled: true } : entry));
