import { DoubleError, type DoubleTool, type McpDouble, startMcpDouble } from './mcp-double.js';

const argumentNames = ['text', 'limit', 'since', 'includeArchived'];

/** Definitions of the size that real servers have: a description and a few described arguments, about 600 bytes. */
export const sampleTools = (count: number): DoubleTool[] => [
  {
    name: 'echo',
    description: 'Answers with the text it is given.',
    inputSchema: {
      type: 'object',
      properties: { text: { type: 'string', description: 'What to say' } },
      required: ['text'],
    },
  },
  ...Array.from({ length: Math.max(0, count - 1) }, (_, index) => ({
    name: `lookup_${String(index + 1).padStart(3, '0')}`,
    description: `Looks things up in collection ${index + 1} and answers with what it found, newest first. Sample number ${index + 1}.`,
    inputSchema: {
      type: 'object',
      properties: Object.fromEntries(
        argumentNames.map((name) => [
          name,
          { type: 'string', description: `The ${name} of what is looked up in the collection` },
        ]),
      ),
      required: ['text'],
    },
  })),
];

/** The upstream of the benchmark: `echo`, and other tools that say their name. */
export const startFastUpstream = (
  options: { readonly port?: number; readonly tools?: number } = {},
): Promise<McpDouble> => {
  const tools = sampleTools(options.tools ?? 30);
  const names = new Set(tools.map(({ name }) => name));
  return startMcpDouble({
    ...(options.port !== undefined && { port: options.port }),
    name: 'fast-upstream',
    tools,
    call: ({ name, arguments: args }) => {
      if (!names.has(name)) throw new DoubleError(-32602, `Unknown tool ${name}`);
      const text = name === 'echo' ? args['text'] : name;
      return `"content":[{"type":"text","text":${JSON.stringify(text ?? '')}}]`;
    },
  });
};
