/** A connection that a connector has made to an instance of tool-invocation. */
export interface ConnectorConnection {
  readonly id: string;
  /** The instance that holds it. */
  readonly instance: string;
  readonly connectorId: string;
  /** The connector's process: a session at an upstream is where it was begun. */
  readonly place: string;
  /** Of upstreams that are reached over it. */
  readonly names: readonly string[];
  /** Where the connector says that it is. */
  readonly zone: string | null;
  /** From the instance to the connector and back, when it was measured last; `null`: not yet. */
  readonly latencyMs: number | null;
  /** When it was made, ISO 8601. */
  readonly since: string;
}
