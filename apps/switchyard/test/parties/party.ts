/** Where a party is pointed at. */
export interface Target {
  readonly url: string;
  readonly token: string;
  /** A folder that the party may take for its home. */
  readonly home: string;
}

/** Somebody else's MCP client, in the hands of a test. */
export interface Party {
  /** What it and the gateway have agreed to speak, where it tells. */
  readonly revision?: string | undefined;
  listTools(): Promise<readonly string[]>;
  /** The text of what the tool gives. */
  callTool(name: string, args: Readonly<Record<string, unknown>>): Promise<string>;
  close(): Promise<void>;
}

/** What the parties answer when a server asks them. */
export const ELICITED = { name: 'Ada Lovelace' };
export const SAMPLED = 'what a model would say';

export const namesOf = ({ tools }: { readonly tools: readonly { readonly name: string }[] }): string[] =>
  tools.map(({ name }) => name);

export const textOf = (result: unknown): string => {
  const { content = [] } = result as { content?: readonly { readonly text?: string }[] };
  return content.map(({ text = '' }) => text).join('\n');
};
