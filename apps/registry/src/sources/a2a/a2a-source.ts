import type { AgentAddress } from '#contracts/registry/resolve-upstream.request';

/** How an agent is read, so that it can be read again. */
export interface A2aSource {
  /** Where messages go, if not where the card says; null: there. */
  readonly endpoint: string | null;
  /** The version that is spoken; null: the newest of the card. */
  readonly protocolVersion: AgentAddress['version'] | null;
}

/** What was read of an agent besides its tool. */
export interface A2aReading {
  readonly source: A2aSource;
  /** Null: it could not be reached. */
  readonly agent: AgentAddress | null;
}
