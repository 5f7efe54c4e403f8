import { Client, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { Launch, Target, ToolCall } from './party.js';

/** As which kind of client a server is looked at: of the sessions' era, or of 2026-07-28 where the server has it. */
export const ERAS = ['legacy', 'auto'] as const;
export type Era = (typeof ERAS)[number];

export type Entry = Readonly<Record<string, unknown>>;

/** All that one client sees of a server. */
export interface Seen {
  readonly revision: string | undefined;
  readonly tools: readonly Entry[];
  readonly prompts: readonly Entry[];
  readonly resources: readonly Entry[];
  readonly resourceTemplates: readonly Entry[];
  /** What each call gave, in their order: its result, or its error. */
  readonly answers: readonly unknown[];
}

const TIMEOUT_MS = 60_000;

/** Some servers offer more to clients that can be asked; the gateway, which registers them for all, is one that can. */
const ASKABLE = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

const open = async (transport: Transport, era: Era, canBeAsked: boolean): Promise<Client> => {
  const capabilities = canBeAsked ? ASKABLE : {};
  const client = new Client({ name: 'parties', version: '1.0.0' }, { versionNegotiation: { mode: era }, capabilities });
  if (canBeAsked) client.setRequestHandler('roots/list', () => ({ roots: [] }));
  await client.connect(transport, { timeout: TIMEOUT_MS });
  return client;
};

const look = async (client: Client, calls: readonly ToolCall[]): Promise<Seen> => {
  const offers = client.getServerCapabilities() ?? {};
  const options = { timeout: TIMEOUT_MS };
  const { tools } = offers.tools === undefined ? { tools: [] } : await client.listTools({}, options);
  const { prompts } = offers.prompts === undefined ? { prompts: [] } : await client.listPrompts({}, options);
  const { resources } = offers.resources === undefined ? { resources: [] } : await client.listResources({}, options);
  const { resourceTemplates } =
    offers.resources === undefined
      ? { resourceTemplates: [] }
      : await client.listResourceTemplates({}, options).catch(() => ({ resourceTemplates: [] }));
  const answers: unknown[] = [];
  for (const { tool, args } of calls) {
    const answer = client.callTool({ name: tool, arguments: { ...args } }, options);
    answers.push(await answer.catch(({ code, message }: Error & { code?: number }) => ({ code, message })));
  }
  const revision = client.getNegotiatedProtocolVersion();
  return { revision, tools, prompts, resources, resourceTemplates, answers } as unknown as Seen;
};

const seenOver = async (
  transport: Transport,
  era: Era,
  calls: readonly ToolCall[],
  canBeAsked = true,
): Promise<Seen> => {
  const client = await open(transport, era, canBeAsked);
  try {
    return await look(client, calls);
  } finally {
    await client.close();
  }
};

/** The server by itself, in a process of its own. */
export const seenDirectly = (
  { command, args, env = {} }: Launch,
  era: Era,
  calls: readonly ToolCall[],
  canBeAsked = true,
): Promise<Seen> => {
  const { PATH = '' } = process.env;
  return seenOver(
    new StdioClientTransport({ command, args: [...args], env: { PATH, ...env }, stderr: 'ignore' }),
    era,
    calls,
    canBeAsked,
  );
};

/** The same through the gateway. */
export const seenThrough = ({ url, token }: Target, era: Era, calls: readonly ToolCall[]): Promise<Seen> => {
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  return seenOver(new StreamableHTTPClientTransport(new URL(url), { requestInit }), era, calls);
};
