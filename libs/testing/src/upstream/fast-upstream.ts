import { type DoubleRequest, type DoubleTool, DoubleError, type McpDouble, startMcpDouble } from './mcp-double.js';

const argumentNames = ['text', 'limit', 'since', 'includeArchived'];

/** Progress notifications that `steps` sends before it answers. */
export const PROGRESS_STEPS = 10;
/** How long `slow` takes. */
const SLOW_MS = 500;
/** How long what these tools answer is, in bytes. */
const LENGTHS = { large: 256 * 1024, huge: 4 * 1024 * 1024 } as const;

/** A tool that answers at length. */
export type LongWork = keyof typeof LENGTHS;

/** Whether a tool is one. */
export const isLong = (tool: unknown): tool is LongWork => typeof tool === 'string' && Object.hasOwn(LENGTHS, tool);

const saying = (name: string, description: string): DoubleTool => ({
  name,
  description,
  inputSchema: {
    type: 'object',
    properties: { text: { type: 'string', description: 'What to say' } },
    required: ['text'],
  },
});

/** Definitions of the size that real servers have: a description and a few described arguments, about 600 bytes. */
const sampleTools = (count: number): DoubleTool[] => [
  saying('echo', 'Answers with the text it is given.'),
  saying('steps', 'Tells of its progress, then answers with the text it is given.'),
  saying('large', 'Answers with the text it is given and a long one after it.'),
  saying('huge', 'Answers with the text it is given and a very long one after it.'),
  saying('slow', 'Answers with the text it is given, half a second later.'),
  ...Array.from({ length: Math.max(0, count - 5) }, (_, index) => ({
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

const LINE = 'The quick brown fox jumps over the lazy dog, \u201csays\u201d who; line ';

/** What such a tool answers: begins with `text`, and is different on every line. */
export const longAnswer = (tool: LongWork, text: string): string =>
  text + long(tool).text.slice(Buffer.byteLength(text));

interface Long {
  readonly text: string;
  /** As JSON, which is not made anew for every answer. */
  readonly json: Buffer;
}

const long = (tool: LongWork): Long => {
  let known = made.get(tool);
  if (known === undefined) {
    const text = longText(LENGTHS[tool]);
    known = { text, json: Buffer.from(JSON.stringify(text)) };
    made.set(tool, known);
  }
  return known;
};
const made = new Map<LongWork, Long>();

/** Begins with characters of one byte, so that some may be cut off. */
const longText = (bytes: number): string => {
  const lines = ['-'.repeat(256)];
  let size = 256;
  for (let next = `\n${LINE}1`; size + Buffer.byteLength(next) <= bytes; next = `\n${LINE}${lines.length}`) {
    lines.push(next);
    size += Buffer.byteLength(next);
  }
  return lines.join('') + '.'.repeat(bytes - size);
};

/** The upstream of the benchmark: `echo`, `steps`, `large`, `huge`, `slow`, and other tools that say their name. */
export const startFastUpstream = (
  options: { readonly port?: number; readonly tools?: number } = {},
): Promise<McpDouble> => {
  const tools = sampleTools(options.tools ?? 30);
  const names = new Set(tools.map(({ name }) => name));
  const listeners = new Set<Listener>();
  return startMcpDouble({
    ...(options.port !== undefined && { port: options.port }),
    name: 'fast-upstream',
    tools,
    call: ({ name, arguments: args }) => {
      if (!names.has(name)) throw new DoubleError(-32602, `Unknown tool ${name}`);
      const text = name === 'echo' ? args['text'] : name;
      return `"content":[{"type":"text","text":${JSON.stringify(text ?? '')}}]`;
    },
    intercept: (request) => {
      const { method, params } = request.message;
      const tool = method === 'tools/call' ? params?.name : undefined;
      if (tool === 'steps') step(request);
      else if (isLong(tool)) answerAtLength(request, tool);
      else if (tool === 'slow') setTimeout(() => answerLate(request), SLOW_MS);
      else if (method === 'subscriptions/listen') listen(request, listeners);
      else if (method === ANNOUNCE) announce(request, listeners);
      else return false;
      return true;
    },
  });
};

const answerAtLength = ({ res, message, id, modern }: DoubleRequest, tool: LongWork): void => {
  const text = JSON.stringify(message.params?.arguments?.['text'] ?? '');
  const type = modern ? ',"resultType":"complete"' : '';
  const body = Buffer.concat([
    Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":${text.slice(0, -1)}`),
    long(tool).json.subarray(Buffer.byteLength(text) - 1),
    Buffer.from(`}]${type}}}`),
  ]);
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  res.end(body);
};

const answerLate = ({ res, message, id, modern }: DoubleRequest): void => {
  const text = JSON.stringify(message.params?.arguments?.['text'] ?? '');
  const type = modern ? ',"resultType":"complete"' : '';
  res.writeHead(200, { 'content-type': 'application/json' });
  res.end(`{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":${text}}]${type}}}`);
};

const EVENT_STREAM = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };

const notification = (method: string, params: string): string =>
  `event: message\ndata: {"jsonrpc":"2.0","method":"${method}","params":${params}}\n\n`;

/** One event per turn of the loop, as a tool that works would send them; not all in one piece. */
const step = ({ res, message, id, modern }: DoubleRequest): void => {
  const token = JSON.stringify(message.params?._meta?.['progressToken'] ?? null);
  const text = JSON.stringify(message.params?.arguments?.['text'] ?? '');
  res.writeHead(200, EVENT_STREAM);
  let done = 0;
  const next = (): void => {
    if (res.destroyed) return;
    if (done === PROGRESS_STEPS) {
      const type = modern ? ',"resultType":"complete"' : '';
      const result = `{"content":[{"type":"text","text":${text}}]${type}}`;
      res.end(`event: message\ndata: {"jsonrpc":"2.0","id":${id},"result":${result}}\n\n`);
      return;
    }
    done++;
    const params = `{"progressToken":${token},"progress":${done},"total":${PROGRESS_STEPS},"message":"step ${done}"}`;
    res.write(notification('notifications/progress', params));
    setImmediate(next);
  };
  next();
};

interface Listener {
  readonly res: DoubleRequest['res'];
  readonly meta: string;
}

/** A method of the double's own: every listener is told that the tools have changed. */
export const ANNOUNCE = 'x-announce';

const listen = ({ res, id }: DoubleRequest, listeners: Set<Listener>): void => {
  const listener = { res, meta: `"_meta":{"io.modelcontextprotocol/subscriptionId":${id}}` };
  listeners.add(listener);
  res.once('close', () => listeners.delete(listener));
  res.writeHead(200, EVENT_STREAM);
  const params = `{${listener.meta},"notifications":{"toolsListChanged":true}}`;
  res.write(notification('notifications/subscriptions/acknowledged', params));
};

const announce = ({ res }: DoubleRequest, listeners: ReadonlySet<Listener>): void => {
  for (const { res: stream, meta } of listeners)
    stream.write(notification('notifications/tools/list_changed', `{${meta}}`));
  res.writeHead(202).end();
};
