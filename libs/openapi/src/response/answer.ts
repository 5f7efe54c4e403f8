/** What a server answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly statusText: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** `null`: it was longer than the limit and was not read to its end. */
  readonly body: Uint8Array | null;
}

/** The result of a tool: the text of a `CallToolResult` without its `_meta`, which stands beside it. */
export interface ToolResult {
  readonly isError: boolean;
  readonly text: string;
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** A result of one text. */
export const textResult = (text: string, isError: boolean): ToolResult => ({
  isError,
  text: `{"content":[{"type":"text","text":${JSON.stringify(text)}}],"isError":${isError}}`,
});

/** Text in the charset that the server names; in UTF-8 where it names none, or none that is known. */
export const decoded = (body: Uint8Array, charset = 'utf-8'): string => {
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
};
