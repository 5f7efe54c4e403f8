import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { ELICITED, type Party, SAMPLED, type Target, namesOf, textOf } from './party.js';

/** The client of the official SDK, version 1: 2025-11-25 and before. */
export const connected = async (transport: Transport, canBeAsked = true): Promise<Party> => {
  const client = new Client(
    { name: 'sdk-v1', version: '1.0.0' },
    { capabilities: canBeAsked ? { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} } : {} },
  );
  if (canBeAsked) {
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: ELICITED }));
    client.setRequestHandler(CreateMessageRequestSchema, () => ({
      model: 'none',
      role: 'assistant',
      content: { type: 'text', text: SAMPLED },
    }));
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [] }));
  }
  await client.connect(transport);
  return {
    listTools: async () => namesOf(await client.listTools()),
    callTool: async (name, args) => textOf(await client.callTool({ name, arguments: args })),
    close: () => client.close(),
  };
};

export const sdkV1 = async ({ url, token }: Target): Promise<Party> => {
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit });
  // Its `sessionId` is optional in another way than the interface says.
  const party = await connected(transport as Transport);
  return { ...party, revision: transport.protocolVersion };
};
