import type { Era, HeaderParam } from '#contracts/registry/catalog';
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

/** Whether both are the same to the byte. */
export const isSameVersion = (one: ToolVersion, other: ToolVersion): boolean =>
  one.definition === other.definition && JSON.stringify(versionOf(one)) === JSON.stringify(versionOf(other));

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
