import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { ELICITED, type Party, SAMPLED, type Target, namesOf, textOf } from './party.js';

const modes = { legacy: 'legacy', auto: 'auto', modern: { pin: '2026-07-28' } } as const;

/** The client of the official SDK, version 2, which speaks either era. */
export const sdkV2 =
  (era: keyof typeof modes) =>
  async ({ url, token }: Target): Promise<Party> => {
    const client = new Client(
      { name: `sdk-v2-${era}`, version: '1.0.0' },
      {
        versionNegotiation: { mode: modes[era] },
        capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} },
      },
    );
    client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: ELICITED }));
    client.setRequestHandler('sampling/createMessage', () => ({
      model: 'none',
      role: 'assistant',
      content: { type: 'text', text: SAMPLED },
    }));
    client.setRequestHandler('roots/list', () => ({ roots: [] }));
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
    return {
      revision: client.getNegotiatedProtocolVersion(),
      listTools: async () => namesOf(await client.listTools()),
      callTool: async (name, args) => textOf(await client.callTool({ name, arguments: args })),
      close: () => client.close(),
    };
  };
