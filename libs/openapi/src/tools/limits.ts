/** How much of a document becomes tools. */
export interface ToolLimits {
  /** Up to this a schema is shown whole, without references. */
  readonly shownCharsMax: number;
  /** A longer one makes no tool. */
  readonly schemaCharsMax: number;
  /** Of all schemas together; operations after that are skipped. */
  readonly allSchemasCharsMax: number;
  readonly descriptionCharsMax: number;
  /** Arguments of one tool. */
  readonly argumentsMax: number;
}

/** How large the tools of a document may be unless told otherwise. */
export const TOOL_LIMITS: ToolLimits = {
  shownCharsMax: 16 * 1024,
  schemaCharsMax: 128 * 1024,
  allSchemasCharsMax: 64 * 1024 * 1024,
  descriptionCharsMax: 4_000,
  argumentsMax: 500,
};

/** Models' APIs stop at so many tools. */
export const TOOLS_ADVISED_MAX = 128;

/** What models' APIs take for the name of a tool, prefix included. */
export const NAME_CHARS_MAX = 64;
