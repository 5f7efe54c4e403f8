import { type Task, Tasks } from './tasks.js';
import { type TaskTool, taskTools } from './task-tools.js';

export const TASKS = 'io.modelcontextprotocol/tasks';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';
const METHODS = new Set(['tasks/get', 'tasks/update', 'tasks/cancel']);

type Json = Readonly<Record<string, unknown>>;

interface Call {
  readonly id: unknown;
  readonly method: string;
  readonly params: Json;
}

/**
 * The tasks extension of 2026-07-28 in front of a server that does not have it: answers what is about tasks, and lets
 * everything else pass (`null`). https://github.com/modelcontextprotocol/ext-tasks
 */
export class ModernTasks {
  private readonly streams = new Set<() => void>();

  constructor(private readonly tasks: Tasks) {}

  async fetch(request: Request): Promise<Response | null> {
    if (request.method !== 'POST') return null;
    const call = (await request
      .clone()
      .json()
      .catch(() => null)) as Call | null;
    if (typeof call?.params?._meta !== 'object') return null;
    const declares = declaresTasks(call);
    if (call.method === 'subscriptions/listen') return this.listen(call, declares, request.signal);
    if (METHODS.has(call.method)) return checkHeaders(request, call) ?? this.operate(call, declares);
    const tool = call.method === 'tools/call' ? taskTools.get(String(call.params['name'])) : undefined;
    if (tool === undefined) return null;
    return declares ? this.begin(call, tool) : tool.required ? lacksExtension(call) : null;
  }

  close(): void {
    for (const end of this.streams) end();
    this.tasks.close();
  }

  private begin(call: Call, { asksFirst, work }: TaskTool): Response | null {
    const { inputResponses = {}, arguments: args = {} } = call.params as { inputResponses?: Json; arguments?: Json };
    if (asksFirst !== undefined && inputResponses[asksFirst.key] === undefined) {
      const inputRequests = { [asksFirst.key]: asksFirst.request };
      return answer(call, { resultType: 'input_required', inputRequests, requestState: 'asked-first' });
    }
    const todo = work(args, inputResponses);
    if (todo === null) return null;
    return answer(call, { resultType: 'task', ...this.tasks.create(todo).describe() });
  }

  private operate(call: Call, declares: boolean): Response {
    if (!declares) return lacksExtension(call);
    const task = this.tasks.find(call.params['taskId']);
    if (task === undefined) return refusal(call, 200, -32_602, 'Task not found');
    if (call.method === 'tasks/get') return answer(call, { resultType: 'complete', ...task.describeInFull() });
    if (call.method === 'tasks/update') task.update((call.params['inputResponses'] ?? {}) as Json);
    else task.cancel();
    return answer(call, { resultType: 'complete' });
  }

  private listen(call: Call, declares: boolean, signal: AbortSignal): Response | null {
    const { notifications } = call.params as { notifications?: { taskIds?: unknown } };
    if (!Array.isArray(notifications?.taskIds)) return null;
    if (!declares) return lacksExtension(call);
    const followed = notifications.taskIds.map((id) => this.tasks.find(id)).filter((task) => task !== undefined);
    return streamOf((send, end) => {
      const tell = (method: string, params: Json) =>
        send({ jsonrpc: '2.0', method, params: { ...params, _meta: { [SUBSCRIPTION]: call.id } } });
      tell('notifications/subscriptions/acknowledged', { notifications: { taskIds: followed.map(({ id }) => id) } });
      const stops = followed.map((task) => follow(task, () => tell('notifications/tasks', task.describeInFull())));
      const stop = (): void => {
        for (const each of stops) each();
        this.streams.delete(stop);
        end();
      };
      this.streams.add(stop);
      signal.addEventListener('abort', stop);
      return stop;
    });
  }
}

const follow = (task: Task, tell: () => void): (() => void) => {
  task.onChange.add(tell);
  return () => task.onChange.delete(tell);
};

const declaresTasks = ({ params }: Call): boolean => {
  const meta = params['_meta'] as Record<string, { extensions?: Json } | undefined>;
  return meta[CAPABILITIES]?.extensions?.[TASKS] !== undefined;
};

const checkHeaders = (request: Request, call: Call): Response | null => {
  const isRight =
    request.headers.get('mcp-method') === call.method && request.headers.get('mcp-name') === call.params['taskId'];
  return isRight ? null : refusal(call, 400, -32_020, 'Header mismatch');
};

const answer = ({ id }: Call, result: Json): Response => Response.json({ jsonrpc: '2.0', id, result });

const refusal = ({ id }: Call, status: number, code: number, message: string, data?: Json): Response =>
  Response.json({ jsonrpc: '2.0', id, error: { code, message, ...(data && { data }) } }, { status });

const lacksExtension = (call: Call): Response =>
  refusal(call, 400, -32_021, 'Missing required client capability', {
    requiredCapabilities: { extensions: { [TASKS]: {} } },
  });

const streamOf = (begin: (send: (message: Json) => void, end: () => void) => () => void): Response => {
  let stop = (): void => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const encoder = new TextEncoder();
      let isOpen = true;
      stop = begin(
        (message) => {
          if (isOpen) controller.enqueue(encoder.encode(`data: ${JSON.stringify(message)}\n\n`));
        },
        () => {
          if (isOpen) controller.close();
          isOpen = false;
        },
      );
    },
    cancel: () => stop(),
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
};
