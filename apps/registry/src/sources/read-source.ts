import type { Choice } from '#libs/openapi';

/** Where the tools of a gateway were read from and with which choices, so that they can be read again. */
export interface ReadSource {
  /** Null: the document was handed over. */
  readonly documentUrl: string | null;
  readonly serverUrl: string | null;
  readonly serverIndex: number | null;
  readonly variables: Readonly<Record<string, string>>;
  readonly choice: Choice;
  readonly credentialParameters: readonly string[];
  readonly bodyMediaTypes: Readonly<Record<string, string>>;
  /** jq, by operation key; absent in what was read before there were any. */
  readonly responseFilters?: Readonly<Record<string, string>>;
  /** Operation keys; absent in what was read before there were any. */
  readonly readOnlyOperations?: readonly string[];
  readonly publishesOutputSchemas: boolean;
}
