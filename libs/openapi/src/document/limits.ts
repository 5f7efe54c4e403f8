/** How much of a document is read. What is over a limit is refused, never cut. */
export interface ReadLimits {
  /** UTF-8 bytes of the text. */
  readonly bytesMax: number;
  /** Objects and arrays within each other. */
  readonly depthMax: number;
  /** Values in all, each alias of YAML counted as what it stands for. GitHub's document of 13 MB has 258,000. */
  readonly valuesMax: number;
  readonly operationsMax: number;
}

/** How large a document may be unless told otherwise. */
export const READ_LIMITS: ReadLimits = {
  bytesMax: 32 * 1024 * 1024,
  depthMax: 100,
  valuesMax: 2_000_000,
  operationsMax: 10_000,
};

/** So many `$ref` in a row are followed before a value is reached. */
export const REFERENCE_HOPS_MAX = 32;
