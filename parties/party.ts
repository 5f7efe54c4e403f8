/** The languages that parties come in; each is left out, and named, where its toolchain is missing. */
export const LANGUAGES = ['npm', 'python', 'go', 'rust', 'java'] as const;
export type Language = (typeof LANGUAGES)[number];

/** A program that speaks MCP on its standard streams, ready to be started. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ToolCall {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Somebody else's MCP server. */
export interface ServerParty {
  readonly name: string;
  /** As it is called in its registry, with the version. */
  readonly source: string;
  /** Calls that answer the same each time they are made. */
  calls(home: string): readonly ToolCall[];
  /** `folder` is where the packages of its language were installed; `home` one that it may read and write. */
  launch(folder: string, home: string): Launch;
}

/** Where a client is pointed at. */
export interface Target {
  readonly url: string;
  readonly token: string;
}

/** Somebody else's MCP client, as a program that lists, calls `tool` with `args` and prints both as one JSON line. */
export interface ClientParty {
  readonly name: string;
  readonly source: string;
  launch(folder: string, home: string, target: Target, call: ToolCall): Launch;
}

/** What one language brings along. */
export interface Guests {
  readonly language: Language;
  readonly servers: readonly ServerParty[];
  readonly clients: readonly ClientParty[];
  /** Why this language cannot be run here; null when it can. */
  lacks(): string | null;
  /** Installs pinned packages below `folder`, once. */
  install(folder: string): Promise<void>;
}
