import type { JSONRPCMessage, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { taskTools } from './task-tools.js';
import { type Task, type TaskWork, Tasks } from './tasks.js';

type Json = Readonly<Record<string, unknown>>;
type Transport = Pick<WebStandardStreamableHTTPServerTransport, 'send' | 'onmessage'>;

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Json;
  readonly result?: Json;
}

const RELATED_TASK = 'io.modelcontextprotocol/related-task';
const CAPABILITY = { list: {}, cancel: {}, requests: { tools: { call: {} } } };

/**
 * The experimental tasks of 2025-11-25 for one session, between a server that does not have them and its transport.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks
 */
export class LegacyTasks {
  private readonly asked = new Map<unknown, (response: Json) => void>();
  private askCount = 0;
  private readonly methods = new Map<unknown, string>();

  static insert(transport: Transport, tasks: Tasks): LegacyTasks {
    const layer = new LegacyTasks(transport.send.bind(transport), tasks);
    const pass = transport.onmessage;
    transport.onmessage = (message, extra) => {
      if (!layer.takes(message as Message)) pass?.(message, extra);
    };
    transport.send = async (message, options) => layer.sendToClient(layer.announced(message as Message), options);
    return layer;
  }

  private constructor(
    private readonly sendToClient: Transport['send'],
    private readonly tasks: Tasks,
  ) {}

  close(): void {
    this.tasks.close();
  }

  private takes({ id, method, params = {}, result }: Message): boolean {
    if (id === undefined) return false;
    if (method === undefined) {
      const answered = this.asked.get(id);
      this.asked.delete(id);
      answered?.(result ?? { action: 'cancel' });
      return answered !== undefined;
    }
    this.methods.set(id, method);
    if (method === 'tools/call') return this.takesCall(id, params);
    if (!method.startsWith('tasks/')) return false;
    const task = this.tasks.find(params['taskId']);
    if (task === undefined) this.refuse(id, -32_602, 'Task not found');
    else if (method === 'tasks/get') this.answer(id, task.describeLegacy());
    else if (method === 'tasks/result') this.follow(id, task);
    else if (task.isOver) this.refuse(id, -32_602, 'The task is over');
    else {
      task.cancel();
      this.answer(id, task.describeLegacy());
    }
    return true;
  }

  private takesCall(id: string | number, { name, arguments: args = {}, task }: Json): boolean {
    const tool = taskTools.get(String(name));
    if (tool === undefined || (task === undefined && !tool.required)) return false;
    if (task === undefined) {
      this.refuse(id, -32_601, 'This tool has to be called as a task');
      return true;
    }
    const { asksFirst, work, immediate } = tool;
    const begin = (answers: Json): void => {
      const todo: TaskWork = work(args as Json, answers) ?? (async () => immediate(args as Json));
      this.answer(id, { task: this.tasks.create(todo).describeLegacy() });
    };
    if (asksFirst === undefined) begin({});
    else this.ask(id, asksFirst.request, {}, (answer) => begin({ [asksFirst.key]: answer }));
    return true;
  }

  /** Answers with the result once it is there; until then the task's questions go on the same stream. */
  private follow(id: string | number, task: Task): void {
    const put = new Set<string>();
    const tell = (): void => {
      for (const [key, { request }] of task.asked) {
        if (put.has(key)) continue;
        put.add(key);
        this.ask(id, request, { [RELATED_TASK]: { taskId: task.id } }, (answer) => task.update({ [key]: answer }));
      }
      if (!task.isOver) return;
      task.onChange.delete(tell);
      if (task.result !== undefined)
        this.answer(id, { ...task.result, _meta: { [RELATED_TASK]: { taskId: task.id } } });
      else this.refuse(id, task.error?.code ?? -32_603, task.error?.message ?? 'The task was cancelled');
    };
    task.onChange.add(tell);
    tell();
  }

  private ask(relatedRequestId: string | number, request: Json, meta: Json, answered: (answer: Json) => void): void {
    const id = `task-ask-${++this.askCount}`;
    this.asked.set(id, answered);
    const params = { ...(request['params'] as Json), _meta: meta };
    this.send({ id, method: request['method'] as string, params }, relatedRequestId);
  }

  /** Says what the server does not know of: that there are tasks, and which tools run as one. */
  private announced(message: Message): JSONRPCMessage {
    const method = this.methods.get(message.id);
    let { result } = message;
    if (method === 'initialize' && result !== undefined) {
      result = { ...result, capabilities: { ...(result['capabilities'] as Json), tasks: CAPABILITY } };
    } else if (method === 'tools/list' && result !== undefined) {
      result = { ...result, tools: (result['tools'] as Json[]).map(withExecution) };
    }
    if (message.method === undefined) this.methods.delete(message.id);
    return { ...message, ...(result !== undefined && { result }) } as JSONRPCMessage;
  }

  private answer(id: string | number, result: Json): void {
    this.methods.delete(id);
    this.send({ id, result }, id);
  }

  private refuse(id: string | number, code: number, message: string): void {
    this.send({ id, error: { code, message } }, id);
  }

  private send(message: object, relatedRequestId: string | number): void {
    void this.sendToClient({ jsonrpc: '2.0', ...message } as JSONRPCMessage, { relatedRequestId }).catch(() => {});
  }
}

const withExecution = (tool: Json): Json => {
  const task = taskTools.get(String(tool['name']));
  return task === undefined ? tool : { ...tool, execution: { taskSupport: task.required ? 'required' : 'optional' } };
};
