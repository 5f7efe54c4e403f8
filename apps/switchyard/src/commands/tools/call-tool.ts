import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { VERSION } from '#libs/service';
import { AdminApi } from '../../gateway/admin-api.js';
import { type Rest, unanswered } from '../../gateway/rest.js';
import { isAtTerminal, readInput } from '../../terminal/ask.js';
import { CommandFailure } from '../../terminal/failure.js';
import { note } from '../../terminal/output.js';
import { printable } from '../../terminal/table.js';
import { argumentsIn, argumentsOf } from './arguments.js';
import { elicitOnTerminal } from './elicitation.js';
import type { InputSchema } from './tool.js';

/** How a tool is called. */
export interface CallOptions {
  /** All arguments as JSON; `-` for standard input. */
  readonly args?: string;
  /** The name of a virtual server. */
  readonly endpoint?: string;
  readonly era: 'auto' | 'modern' | 'legacy';
  /** In milliseconds, from the last sign of it. */
  readonly timeout: number;
}

const MODES = { auto: 'auto', legacy: 'legacy', modern: { pin: '2026-07-28' } } as const;

type ToolResult = Awaited<ReturnType<Client['callTool']>>;

/** One call, from connecting to closing. Throws a sentence where there is no result. */
export const callTool = async (
  rest: Rest,
  name: string,
  words: readonly string[],
  options: CallOptions,
): Promise<ToolResult> => {
  const client = new Client(
    { name: 'switchyard-cli', version: VERSION },
    { capabilities: { elicitation: { form: {}, url: {} } }, versionNegotiation: { mode: MODES[options.era] } },
  );
  client.setRequestHandler('elicitation/create', elicitOnTerminal);
  const headers = { authorization: `Bearer ${rest.token}` };
  const transport = new StreamableHTTPClientTransport(new URL(await endpointOf(rest, options.endpoint)), {
    requestInit: { headers },
  });
  await client.connect(transport).catch((error: unknown) => {
    throw (error as Error).cause === undefined ? error : unanswered(rest.url, error);
  });
  try {
    const given =
      options.args === undefined
        ? argumentsOf(words, words.length === 0 ? {} : await schemaOf(client, name))
        : argumentsIn(options.args === '-' ? await readInput() : options.args);
    return await client.callTool(
      { name, arguments: given },
      { timeout: options.timeout, resetTimeoutOnProgress: true, onprogress: tellProgress },
    );
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure(`${name}: ${(error as Error).message}; see switchyard why`, undefined, error);
  } finally {
    await client.close();
  }
};

const endpointOf = async (rest: Rest, endpoint: string | undefined): Promise<string> =>
  endpoint === undefined ? `${rest.url}/mcp` : `${rest.url}/servers/${await new AdminApi(rest).serverId(endpoint)}/mcp`;

const schemaOf = async (client: Client, name: string): Promise<InputSchema> => {
  const { tools } = await client.listTools();
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined) throw new CommandFailure(`there is no tool ${name} here; see tools ls`);
  return tool.inputSchema as InputSchema;
};

const tellProgress = ({
  progress,
  total,
  message,
}: {
  progress: number;
  total?: number | undefined;
  message?: string | undefined;
}): void => {
  const text = printable(
    `${progress}${total === undefined ? '' : `/${total}`}${message === undefined ? '' : ` ${message}`}`,
  );
  if (isAtTerminal()) process.stderr.write(`\r\u001b[K${text}${progress === total ? '\n' : ''}`);
  else note(text);
};

/** Texts as they are; of anything else, what it is. */
export const textOf = ({ content, structuredContent }: ToolResult): string => {
  const parts = content.map((part) => {
    if (part.type === 'text') return part.text;
    if (part.type === 'resource_link') return `[${part.uri}]`;
    return part.type === 'resource' ? `[${part.resource.uri}]` : `[${part.type}, ${part.mimeType}]`;
  });
  if (parts.length === 0 && structuredContent !== undefined) return JSON.stringify(structuredContent, null, 2);
  return parts.join('\n');
};
