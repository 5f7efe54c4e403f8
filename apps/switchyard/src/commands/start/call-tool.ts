import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { VERSION } from '#libs/service';

export interface ToolAnswer {
  /** The protocol revision that client and gateway agreed on. */
  readonly revision: string;
  readonly text: string;
  readonly tookMs: number;
}

const MODES = { legacy: 'legacy', modern: { pin: '2026-07-28' } } as const;

/** One call by the official client, from connecting to closing. */
export const callTool = async (
  { url, token }: { readonly url: string; readonly token: string },
  era: 'legacy' | 'modern',
  name: string,
  args: Readonly<Record<string, unknown>>,
): Promise<ToolAnswer> => {
  const client = new Client(
    { name: 'switchyard-demo', version: VERSION },
    { versionNegotiation: { mode: MODES[era] } },
  );
  const headers = { authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }));
  try {
    const startedAtMs = performance.now();
    const { content, isError } = await client.callTool({ name, arguments: args });
    const tookMs = Math.round(performance.now() - startedAtMs);
    const text = content.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('');
    if (isError) throw new Error(`${name} answered with an error: ${text}`);
    return { revision: client.getNegotiatedProtocolVersion() ?? 'unknown', text, tookMs };
  } finally {
    await client.close();
  }
};
