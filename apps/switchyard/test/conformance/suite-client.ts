import { readFileSync } from 'node:fs';
import { type CallToolResult, Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

export const MODERN = '2026-07-28';
export const LEGACY = '2025-11-25';

/** Scenarios of the suite for clients that cannot be passed, for one reason. */
interface LeftOut {
  readonly reason: string;
  readonly scenarios: readonly string[];
}

const LEFT_OUT = new URL('../../../../docs/protocol/client-scenarios-left-out.json', import.meta.url);

export const leftOut = (JSON.parse(readFileSync(LEFT_OUT, 'utf8')) as LeftOut[]).flatMap(({ scenarios }) => scenarios);

/** A client of a revision that takes the way through the gateway to the server of the suite. */
export const connectSuiteClient = async (url: string, revision: string, token?: string): Promise<Client> => {
  const client = new Client(
    { name: 'suite-client', version: '1.0.0' },
    {
      versionNegotiation: { mode: revision === MODERN ? { pin: MODERN } : 'legacy' },
      capabilities: { elicitation: { form: { applyDefaults: true } } },
    },
  );
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: {} }));
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
};

export const textOf = (result: unknown): unknown => {
  const [first] = (result as CallToolResult).content;
  return first?.type === 'text' ? first.text : undefined;
};
