import { setTimeout as sleep } from 'node:timers/promises';
import { type CallToolResult, type McpServer, fromJsonSchema } from '@modelcontextprotocol/server';
import { textResult } from './content-tools.js';
import { TaskFailure, type TaskWork } from './tasks.js';

type Json = Readonly<Record<string, unknown>>;

export interface TaskTool {
  readonly description: string;
  readonly inputSchema: Parameters<typeof fromJsonSchema>[0];
  /** It cannot answer a client that has no tasks. */
  readonly required: boolean;
  /** What it needs to know before there is a task; by the key under which it asks. */
  readonly asksFirst?: { readonly key: string; readonly request: Json };
  /** `null`: done at once, without a task. */
  work(args: Json, answers: Json): TaskWork | null;
  /** What it answers without a task. */
  immediate(args: Json): CallToolResult;
}

const form = (message: string, properties: Json): Json => ({
  method: 'elicitation/create',
  params: { message, requestedSchema: { type: 'object', properties } },
});

const confirmation = (message: string): Json => form(message, { confirm: { type: 'boolean' } });

const secondsOf = (args: Json): number => (typeof args['seconds'] === 'number' ? args['seconds'] : 0);

const computed = ({ label, ...args }: Json) =>
  textResult(`Computed ${typeof label === 'string' ? label : 'it'} in ${secondsOf(args)} s`);

const tools: [string, Omit<TaskTool, 'immediate'>][] = [
  [
    'slow_compute',
    {
      description: 'Takes as many seconds as it is told',
      inputSchema: {
        type: 'object',
        properties: { seconds: { type: 'number' }, label: { type: 'string' } },
        required: ['seconds'],
      },
      required: false,
      work: (args) =>
        secondsOf(args) === 0
          ? null
          : async ({ signal }) => {
              await sleep(secondsOf(args) * 1_000, undefined, { signal, ref: false });
              return computed(args);
            },
    },
  ],
  [
    'failing_job',
    {
      description: 'Says after a second that it failed',
      inputSchema: { type: 'object' },
      required: true,
      work:
        () =>
        async ({ signal }) => {
          await sleep(1_000, undefined, { signal, ref: false });
          return { ...textResult('The job failed'), isError: true };
        },
    },
  ],
  [
    'protocol_error_job',
    {
      description: 'Ends with a JSON-RPC error',
      inputSchema: { type: 'object' },
      required: true,
      work: () => async () => {
        throw new TaskFailure({ code: -32_603, message: 'The job broke' });
      },
    },
  ],
  [
    'confirm_delete',
    {
      description: 'Asks before it deletes',
      inputSchema: { type: 'object', properties: { filename: { type: 'string' } } },
      required: true,
      work: (args) => async (run) => {
        const answer = await run.ask('confirm', confirmation(`Delete ${String(args['filename'])}?`));
        return textResult(answer['action'] === 'accept' ? `Deleted ${String(args['filename'])}` : 'Kept');
      },
    },
  ],
  [
    'multi_input',
    {
      description: 'Asks for two things at once',
      inputSchema: { type: 'object' },
      required: true,
      work: () => async (run) => {
        const answers = await Promise.all(['first', 'second'].map((key) => run.ask(key, confirmation(`The ${key}?`))));
        return textResult(`Got ${answers.length} answers`);
      },
    },
  ],
  [
    'test_tool_with_task',
    {
      description: 'Asks for a name, then goes on as a task',
      inputSchema: { type: 'object' },
      required: true,
      asksFirst: { key: 'user_name', request: form('What is your name?', { name: { type: 'string' } }) },
      work: (_args, answers) => async () => {
        const { content } = (answers['user_name'] ?? {}) as { content?: { name?: unknown } };
        return textResult(`Hello, ${String(content?.name)}!`);
      },
    },
  ],
];

/** The tools that the suite's scenarios for tasks are about. */
export const taskTools: ReadonlyMap<string, TaskTool> = new Map(
  tools.map(([name, tool]) => [name, { ...tool, immediate: computed }]),
);

/** Shows the tools in the lists; for a client without tasks, one that can do without runs to its end. */
export const registerTaskTools = (server: McpServer): void => {
  const greetSchema = fromJsonSchema<{ name: string }>({
    type: 'object',
    properties: { name: { type: 'string' } },
    required: ['name'],
  });
  server.registerTool('greet', { description: 'Greets', inputSchema: greetSchema }, ({ name }) =>
    textResult(`Hello, ${name}!`),
  );
  for (const [name, { description, inputSchema }] of taskTools) {
    const schema = fromJsonSchema<Json>(inputSchema);
    server.registerTool(name, { description, inputSchema: schema }, async (args) => {
      await sleep(secondsOf(args) * 1_000, undefined, { ref: false });
      return computed(args);
    });
  }
};
