import type { Era, HeaderParam } from '#contracts/registry/catalog';
import { VIA_META, memberText, withMembers } from '#libs/mcp';
import type { OfferedEntry } from '../difference.js';

/** All that an upstream says of a tool, as it is offered to clients and as it is called. */
export interface ToolVersion {
  /** JSON text as the upstream sent it. */
  readonly definition: string;
  readonly era: Era | null;
  readonly legacyDefinition: string | null;
  readonly headerParams: readonly HeaderParam[];
  /** Of a tool of an HTTP API or a gRPC server: how a call becomes a request. */
  readonly source: string | null;
}

type Described = Pick<OfferedEntry, 'definition' | 'headerParams'> & {
  readonly era?: Era | null;
  readonly legacyDefinition?: string | null;
  readonly source?: string | null;
};

/** The version of an entry, stored or offered. */
export const versionOf = ({ definition, era, legacyDefinition, headerParams, source }: Described): ToolVersion => ({
  definition,
  era: era ?? null,
  legacyDefinition: legacyDefinition ?? null,
  headerParams,
  source: source ?? null,
});

/**
 * Whether both are the same to the byte, but for the gateways that they came through: another way to the same tool is no
 * other tool.
 */
export const isSameVersion = (one: ToolVersion, other: ToolVersion): boolean => textOf(one) === textOf(other);

const textOf = (version: ToolVersion): string => {
  const { definition, legacyDefinition } = version;
  return JSON.stringify({
    ...versionOf(version),
    definition: withoutWay(definition),
    legacyDefinition: legacyDefinition === null ? null : withoutWay(legacyDefinition),
  });
};

const withoutWay = (definition: string): string => {
  const meta = definition.includes(VIA_META) ? memberText(definition, '_meta') : undefined;
  if (!meta?.startsWith('{')) return definition;
  const left = withMembers(meta, { [VIA_META]: null });
  return withMembers(definition, { _meta: left === '{}' ? null : left });
};

/** What would be offered by that version. */
export const offeredBy = (version: ToolVersion, originalName: string): OfferedEntry => {
  const { definition, era, legacyDefinition, headerParams, source } = version;
  return {
    kind: 'tool',
    originalName,
    definition,
    headerParams,
    ...(era !== null && { era }),
    ...(legacyDefinition !== null && { legacyDefinition }),
    ...(source !== null && { source }),
  };
};
