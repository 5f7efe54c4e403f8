import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type NodeIncomingMessageLike,
  localhostHostValidation,
  localhostOriginValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import {
  McpServer,
  type RegisteredPrompt,
  type RegisteredTool,
  createMcpHandler,
  createRequestStateCodec,
  isLegacyRequest,
} from '@modelcontextprotocol/server';
import { registerContentTools, textResult } from './content-tools.js';
import { type RoundState, registerInputTools, registerSessionTools } from './input-tools.js';
import { LegacySessions } from './legacy-sessions.js';
import { ModernTasks, TASKS } from './modern-tasks.js';
import { registerPrompts, registerResources } from './resources-and-prompts.js';
import { registerTaskTools } from './task-tools.js';
import { Tasks } from './tasks.js';

/** `apart`: both, with other tools in each; those of sessions ask by requests of their own. */
export type FixtureEra = 'both' | 'apart' | 'legacy' | 'modern';

export interface ConformanceFixture {
  /** Of the MCP endpoint. */
  readonly url: string;
  readonly port: number;
  /** Tells every session and every listener that the tool list has changed; it has. */
  changeTools(): void;
  stop(): Promise<void>;
}

/** An MCP server on the official SDK that offers all that the conformance suite asks servers for. */
export const startConformanceFixture = async (options: {
  readonly era?: FixtureEra;
  readonly port?: number;
  /** Tasks of 2025-11-25 are the server's, found from any session, instead of each session's own. */
  readonly tasksOutliveSessions?: boolean;
}): Promise<ConformanceFixture> => {
  const { era = 'both', port = 0, tasksOutliveSessions = false } = options;
  const lists = new ChangingLists();
  const tasks = new ModernTasks(new Tasks());
  const lasting = new Tasks();
  const only = (own: 'legacy' | 'modern') => (era === 'apart' ? own : null);
  const legacy = new LegacySessions(
    () => buildServer(lists, only('legacy')),
    () => (tasksOutliveSessions ? lasting : new Tasks()),
  );
  const modern = createMcpHandler(() => buildServer(lists, only('modern')), { legacy: 'reject' });
  lists.onToolsChanged = () => {
    modern.notify.toolsChanged();
    legacy.forEach((server) => lists.show(server));
  };
  lists.onPromptsChanged = () => {
    modern.notify.promptsChanged();
    legacy.forEach((server) => lists.show(server));
  };

  const handle = toNodeHandler({
    fetch: async (request: Request) => {
      const isLegacy = era === 'legacy' || (era !== 'modern' && (await isLegacyRequest(request)));
      if (isLegacy) return legacy.fetch(request);
      return (await tasks.fetch(request)) ?? modern.fetch(request);
    },
  });
  const hostIsLocal = localhostHostValidation();
  const originIsLocal = localhostOriginValidation();
  const server = createServer((req, res) => {
    if (!hostIsLocal(req, res) || !originIsLocal(req, res)) return;
    if (req.url === '/mcp') void handle(req as NodeIncomingMessageLike, res);
    else res.writeHead(404).end();
  });
  // As the doubles: one that closes after Node's five seconds may do so just as a call is on its way to it.
  server.keepAliveTimeout = 120_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}/mcp`,
    port: address.port,
    changeTools: () => lists.changeTools(),
    stop: async () => {
      tasks.close();
      await modern.close();
      await legacy.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

interface Extras {
  readonly tool: RegisteredTool;
  readonly prompt: RegisteredPrompt;
}

/** The part of the surface that tools can change: the servers of all sessions and requests show the same. */
class ChangingLists {
  private extraTool = false;
  private extraPrompt = false;
  private readonly extras = new WeakMap<McpServer, Extras>();
  onToolsChanged = (): void => {};
  onPromptsChanged = (): void => {};

  changeTools(): void {
    this.extraTool = !this.extraTool;
    this.onToolsChanged();
  }

  changePrompts(): void {
    this.extraPrompt = !this.extraPrompt;
    this.onPromptsChanged();
  }

  register(server: McpServer): void {
    const tool = server.registerTool('test_extra_tool', { description: 'Comes and goes' }, () => textResult('Here'));
    const prompt = server.registerPrompt('test_extra_prompt', { description: 'Comes and goes' }, () => ({
      messages: [{ role: 'user', content: { type: 'text', text: randomUUID() } }],
    }));
    this.extras.set(server, { tool, prompt });
    this.show(server);
  }

  /** A session that is open is told of what changes here. */
  show(server: McpServer): void {
    const { tool, prompt } = this.extras.get(server) as Extras;
    if (tool.enabled !== this.extraTool) tool.update({ enabled: this.extraTool });
    if (prompt.enabled !== this.extraPrompt) prompt.update({ enabled: this.extraPrompt });
  }
}

const codec = createRequestStateCodec<RoundState>({ key: randomBytes(32), ttlSeconds: 600 });

/** `only`: with the abilities of one era, else with all. */
const buildServer = (lists: ChangingLists, only: 'legacy' | 'modern' | null): McpServer => {
  const server = new McpServer(
    { name: 'conformance-fixture', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        logging: {},
        completions: {},
        extensions: { [TASKS]: {} },
      },
      requestState: { verify: codec.verify },
    },
  );
  registerContentTools(server);
  if (only === 'legacy') registerSessionTools(server);
  else registerInputTools(server, codec, only);
  if (only !== null) {
    const description = `Offered to ${only} clients in these words`;
    server.registerTool('test_own_words', { description }, () => textResult(description));
  }
  registerResources(server);
  registerPrompts(server);
  registerTaskTools(server);
  server.registerTool('test_trigger_tool_change', { description: 'Changes the tool list' }, () => {
    lists.changeTools();
    return textResult('Changed');
  });
  server.registerTool('test_trigger_prompt_change', { description: 'Changes the prompt list' }, () => {
    lists.changePrompts();
    return textResult('Changed');
  });
  lists.register(server);
  return server;
};
