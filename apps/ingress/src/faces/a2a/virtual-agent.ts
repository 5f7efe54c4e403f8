import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  A2A_ERRORS,
  artifactText,
  type A2aOperation,
  type A2aVersion,
  incomingMessage,
  isOver,
  operationOf,
  ParamsRefused,
  type Part,
  questionParts,
  sentText,
  servedCard,
  type ServedTask,
  statusText,
  taskIdIn,
  taskText,
  versionIn,
} from '#libs/a2a';
import type { Principal } from '#contracts/auth/principal';
import { isOriginOf } from '#contracts/auth/oauth/own-issuer';
import { fail, toGatewayError } from '#libs/errors';
import { asObject, type ClientRequest, INVALID_PARAMS, METHOD_NOT_FOUND, readBody, singleHeaderValue } from '#libs/mcp';
import { answerJson, HttpReply, type ReplySettings } from '#libs/mcp-http';
import { VERSION } from '#libs/service';
import type { Admission } from '../../admission/index.js';
import { CallAbort } from '../../call/index.js';
import type { Catalogs } from '../../catalog/index.js';
import type { Pipeline } from '../../pipeline/index.js';
import type { OpenCalls } from '../../sessions/index.js';
import type { HttpExchange, RefusalRecords } from '../http-exchange.js';
import { answeredResponse, errorResponse, failureResponse, refuseA2a } from './refusal.js';
import type { TaskAccess } from './task-access.js';
import { TaskReply, type Waits } from './task-reply.js';
import type { TaskOwner, TaskRecord, TaskStore } from './task-store.js';
import { followTask, isAtWork } from './task-subscription.js';
import { continuedCall, type ToolCall, toolCallIn } from './tool-call.js';
import { callRequest, type ListedTool, ListRefused, listTools } from './tool-requests.js';

export interface AgentMeans extends RefusalRecords {
  readonly pipeline: Pipeline;
  readonly admission: Admission;
  readonly catalogs: Catalogs;
  readonly calls: OpenCalls;
  readonly tasks: TaskStore;
  readonly access: TaskAccess;
  readonly reply: ReplySettings;
  /** Null: as the client calls it. */
  readonly publicUrl: string | null;
}

type ErrorName = keyof typeof A2A_ERRORS;

/** What is refused in A2A's own words. */
class Refused extends Error {
  constructor(
    readonly reason: ErrorName,
    message: string,
  ) {
    super(message);
  }
}

/** A request that is known to be one, and whose it is. */
interface Asked extends HttpExchange {
  readonly message: ClientRequest;
  readonly version: A2aVersion;
  readonly owner: TaskOwner;
}

const NOT_SUPPORTED: Partial<Record<A2aOperation, readonly [ErrorName, string]>> = {
  list: ['UNSUPPORTED_OPERATION', 'Tasks are not listed: ask for one by its id'],
  'extended-card': ['EXTENDED_AGENT_CARD_NOT_CONFIGURED', 'The agent card is all there is'],
  'push-set': ['PUSH_NOTIFICATION_NOT_SUPPORTED', 'Push notifications are not supported'],
  'push-get': ['PUSH_NOTIFICATION_NOT_SUPPORTED', 'Push notifications are not supported'],
  'push-list': ['PUSH_NOTIFICATION_NOT_SUPPORTED', 'Push notifications are not supported'],
  'push-delete': ['PUSH_NOTIFICATION_NOT_SUPPORTED', 'Push notifications are not supported'],
};

const SKILLS_MAX = 2_000;
const MENU_MAX = 50;
const CARD_AGE_S = 60;

/** Answers for virtual servers as the agents that they are to clients of A2A. */
export class VirtualAgent {
  constructor(private readonly means: AgentMeans) {}

  /** The card, for whoever may list the tools. Rejects with why not. */
  async showCard(exchange: HttpExchange): Promise<void> {
    const { request, response, endpoint } = exchange;
    const { pipeline, catalogs, admission } = this.means;
    await admission.caller(request, endpoint.serverId);
    const tools = await this.listed(exchange, null, () => listTools(pipeline, request, endpoint));
    if (tools === null) return;
    const { server } = (await catalogs.of(endpoint.serverId)).catalog;
    const card = servedCard({
      name: server.name,
      description: server.description ?? '',
      version: VERSION,
      url: `${this.originFor(request)}/servers/${encodeURIComponent(endpoint.serverId ?? '')}/a2a`,
      skills: tools.slice(0, SKILLS_MAX),
    });
    const etag = `"${createHash('sha256').update(card).digest('base64url').slice(0, 22)}"`;
    const headers = {
      'Cache-Control': `private, max-age=${CARD_AGE_S}`,
      ETag: etag,
      Vary: 'A2A-Version, Authorization',
    };
    answerJson(response, 200, card, headers);
  }

  /** Answers one request of JSON-RPC. Rejects with what is to be said in the words of the gateway. */
  async answer(exchange: HttpExchange, text: string): Promise<void> {
    const { request, response, endpoint } = exchange;
    const message = readBody(text);
    const { id: principalId } = await this.means.admission.caller(request, endpoint.serverId);
    if (message.kind === 'invalid') return refuseA2a(exchange, message.error, message.idText, this.means);
    if (message.kind !== 'request') throw fail('mcp.invalid_request', { message: 'One request is expected' });
    const { idText } = message;
    try {
      const version = versionIn(versionNamed(request));
      if (version === null) throw new Refused('VERSION_NOT_SUPPORTED', 'Versions 1.0 and 0.3 are supported');
      const owner = { principalId, serverId: endpoint.serverId };
      await this.perform({ ...exchange, message, version, owner });
    } catch (thrown) {
      if (thrown instanceof Refused) answerJson(response, 200, refusedResponse(idText, thrown));
      else if (thrown instanceof ParamsRefused)
        answerJson(response, 200, errorResponse(idText, INVALID_PARAMS, thrown.message, 'INVALID_PARAMS'));
      else refuseA2a(exchange, thrown, idText, this.means);
    }
  }

  private async perform(asked: Asked): Promise<void> {
    const { message, version, response } = asked;
    const operation = operationOf(message.method, version);
    const refusal = operation === null ? undefined : NOT_SUPPORTED[operation];
    if (refusal !== undefined) throw new Refused(...refusal);
    if (operation === 'send' || operation === 'stream') return this.send(asked, operation);
    if (operation === 'get')
      return this.withTask(
        asked,
        async ({ task }) => void answerJson(response, 200, responseOf(message, taskText(task, version))),
      );
    if (operation === 'cancel') return this.withTask(asked, (record) => this.cancel(asked, record));
    if (operation === 'subscribe') return this.withTask(asked, (record) => this.subscribe(asked, record));
    const text = `${version} of A2A has no ${message.method.slice(0, 64)}`;
    answerJson(response, 200, errorResponse(message.idText, METHOD_NOT_FOUND, text, 'METHOD_NOT_FOUND'));
  }

  private async send(asked: Asked, operation: 'send' | 'stream'): Promise<void> {
    const { message, version } = asked;
    const incoming = incomingMessage(message.params.value, version);
    if (incoming.wantsPush)
      throw new Refused('PUSH_NOTIFICATION_NOT_SUPPORTED', 'Push notifications are not supported');
    const { parts, contextId, taskId } = incoming;
    const principal = await this.permitted(asked);
    const record = taskId === undefined ? null : await this.find(asked, principal, taskId);
    if (record !== null && contextId !== undefined && contextId !== record.task.contextId)
      throw new ParamsRefused('the task is of another contextId');
    if (record !== null && record.task.state !== 'input-required')
      throw new Refused('UNSUPPORTED_OPERATION', `The task is ${record.task.state}: it takes no messages`);
    const task = record?.task ?? newTask(contextId);
    const waits = operation === 'send' && incoming.returnsAtOnce ? 'detached' : operation;
    const { pending } = record ?? {};
    const call = pending === undefined ? toolCallIn(parts) : continuedCall(pending, parts);
    if (call !== null) return this.run(asked, task, call, { waits, before: record });
    if (pending !== undefined) {
      const asks = changed(task, 'input-required', questionParts(pending.questions));
      const { access } = this.means;
      return access.sharing(principal, asked.request, async () => this.askBack(asked, asks, waits));
    }
    const said = await this.menu(asked);
    if (said === null) return;
    // It is kept for no longer by being asked about.
    if (record === null) await this.means.tasks.begin(asked.owner, { task: changed(task, 'input-required', said) });
    this.askBack(asked, changed(task, 'input-required', said), waits);
  }

  private async run(
    asked: Asked,
    task: ServedTask,
    call: ToolCall,
    { waits, before }: { readonly waits: Waits; readonly before: TaskRecord | null },
  ): Promise<void> {
    const { request, response, endpoint, message, version, owner } = asked;
    const { pipeline, calls, tasks, access, reply: settings, logger } = this.means;
    const wireRequest = callRequest(call, request);
    const working = changed(task, 'working', []);
    const tool = await access.toolOf(call, endpoint.serverId);
    const isTaken =
      before === null ||
      (await tasks.change(owner, { task: working, tool }, ({ state }) => state === 'input-required'));
    if (!isTaken) throw new Refused('UNSUPPORTED_OPERATION', 'The task is at work: it takes no messages');
    const http = new HttpReply(response, settings, waits === 'stream', null);
    const { idText } = message;
    const reply = new TaskReply(working, { http, waits, version, idText, owner, tasks, call, tool, before, logger });
    const abort = new CallAbort();
    const key = keyOf(owner);
    calls.add(key, task.id, abort);
    const running = pipeline.run({
      face: 'connection',
      request: wireRequest,
      headers: null,
      sessionId: null,
      carrier: request,
      endpoint,
      reply,
      abort,
      receivedAtMs: Date.now(),
      inputRefusals: null,
    });
    void running.finally(() => calls.remove(key, task.id, abort));
  }

  /** What can be done here, for a message that does not say; null: it was answered with why that is not told. */
  private async menu(asked: Asked): Promise<readonly Part[] | null> {
    const { request, endpoint } = asked;
    const tools = await this.listed(asked, asked.message.idText, () =>
      listTools(this.means.pipeline, request, endpoint),
    );
    if (tools === null) return null;
    const shown = tools.slice(0, MENU_MAX);
    const lines = shown.map(
      ({ name, title, description = title ?? '' }) => `- ${name}: ${description.split('\n', 1)[0]}`,
    );
    const more = tools.length > shown.length ? [`and ${tools.length - shown.length} more, in the agent card`] : [];
    const text = ['Say which tool to run, by a data part {"tool": …, "arguments": {…}}:', ...lines, ...more].join('\n');
    const data = { tools: shown.map(({ name, inputSchema }) => ({ name, inputSchema })) };
    return [
      { kind: 'text', text },
      { kind: 'data', data },
    ];
  }

  private askBack(asked: Asked, task: ServedTask, waits: Waits): void {
    const { response, message, version } = asked;
    const { reply: settings } = this.means;
    if (waits !== 'stream') return void answerJson(response, 200, responseOf(message, sentText(task, version)));
    const http = new HttpReply(response, settings, true, null);
    void http.send(responseOf(message, sentText({ ...task, state: 'submitted', said: [] }, version)));
    http.finish(responseOf(message, statusText(task, version, true)), 200);
  }

  private async cancel(asked: Asked, { task, tool }: TaskRecord): Promise<void> {
    const { message, version, response, owner } = asked;
    const canceled = changed(task, 'canceled', []);
    const isDone =
      !isOver(task.state) &&
      (await this.means.tasks.change(owner, { task: canceled, tool }, ({ state }) => !isOver(state)));
    if (!isDone) throw new Refused('TASK_NOT_CANCELABLE', 'The task is over');
    this.means.calls.cancel(keyOf(owner), task.id);
    answerJson(response, 200, responseOf(message, taskText(canceled, version)));
  }

  /** Tells where the task is, and how it ends, on whichever replica it runs. */
  private async subscribe(asked: Asked, record: TaskRecord): Promise<void> {
    const { message, version, response } = asked;
    if (isOver(record.task.state)) throw new Refused('UNSUPPORTED_OPERATION', 'The task is over: ask for it by its id');
    const http = new HttpReply(response, this.means.reply, true, null);
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    if (response.destroyed) return;
    void http.send(responseOf(message, sentText(record.task, version)));
    http.hold();
    try {
      const again = async () => this.find(asked, await this.permitted(asked), record.task.id);
      const last = await followTask(record, again, gone.signal);
      if (last.task.made.length > 0) void http.send(responseOf(message, artifactText(last.task, version)));
      http.finish(responseOf(message, statusText(last.task, version, !isAtWork(last))), 200);
    } catch (thrown) {
      if (gone.signal.aborted) return http.abandon();
      const failure = thrown instanceof Refused ? refusedResponse(message.idText, thrown) : undefined;
      http.finish(failure ?? failureResponse(message.idText, toGatewayError(thrown)), 200);
    }
  }

  /** What is done with the task that is asked for, within its caller's shares. */
  private async withTask(asked: Asked, act: (record: TaskRecord) => Promise<void>): Promise<void> {
    const id = taskIdIn(asked.message.params.value);
    const principal = await this.permitted(asked);
    await this.means.access.sharing(principal, asked.request, async () => act(await this.find(asked, principal, id)));
  }

  private permitted({ request, endpoint }: Asked): Promise<Principal> {
    return this.means.access.permitted(request, endpoint.serverId);
  }

  private async find({ owner }: Asked, principal: Principal, id: string): Promise<TaskRecord> {
    const record = await this.means.access.find(owner, principal, id);
    if (record === null) throw new Refused('TASK_NOT_FOUND', `Task not found: ${id}`);
    return record;
  }

  /** Null where the list was refused, which is answered then. */
  private async listed(
    { response }: HttpExchange,
    idText: string | null,
    list: () => Promise<readonly ListedTool[]>,
  ): Promise<readonly ListedTool[] | null> {
    try {
      return await list();
    } catch (thrown) {
      if (!(thrown instanceof ListRefused)) throw toGatewayError(thrown);
      const { text, httpStatus, headers } = thrown.captured;
      answerJson(response, httpStatus, answeredResponse(idText, asObject(JSON.parse(text)).error), headers);
      return null;
    }
  }

  /** The public URL or, on this machine, the name of it that the client used. */
  private originFor({ headers }: IncomingMessage): string {
    const { publicUrl } = this.means;
    const asked = `${publicUrl === null ? 'http:' : new URL(publicUrl).protocol}//${headers.host ?? ''}`;
    return publicUrl === null || isOriginOf(publicUrl, asked) ? asked : publicUrl;
  }
}

const refusedResponse = (idText: string, { reason, message }: Refused): string =>
  errorResponse(idText, A2A_ERRORS[reason], message, reason);

const newTask = (contextId: string = randomUUID()): ServedTask => ({
  id: randomUUID(),
  contextId,
  state: 'submitted',
  said: [],
  made: [],
  at: new Date().toISOString(),
});

const changed = (task: ServedTask, state: ServedTask['state'], said: readonly Part[]): ServedTask => ({
  ...task,
  state,
  said,
  at: new Date().toISOString(),
});

const responseOf = ({ idText }: ClientRequest, result: string): string =>
  `{"jsonrpc":"2.0","id":${idText},"result":${result}}`;

/** The calls of one caller at one server are found by it, on any replica. */
const keyOf = ({ principalId, serverId }: TaskOwner): string => `a2a ${JSON.stringify([serverId, principalId])}`;

/** A client may name the version in the query too. */
const versionNamed = (request: IncomingMessage): string | undefined =>
  singleHeaderValue(request.headers, 'a2a-version') ??
  new URLSearchParams((request.url ?? '').split('?', 2)[1] ?? '').get('A2A-Version') ??
  undefined;
