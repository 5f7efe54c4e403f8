import { randomUUID } from 'node:crypto';
import type { CallContext, WithBody } from '#libs/bus';
import type {
  CallAnswer,
  CallFrame,
  ContinueCall,
  UpstreamCall,
  TaskAffinity,
} from '#contracts/tool-invocation/execute-call.request';
import type { RequestOf } from '#contracts/define';
import { toGatewayError } from '#libs/errors';
import { appendMembers, membersOf, textOf, toRpcError, valueText, withMembers } from '#libs/mcp';

export type Context = Pick<CallContext<CallFrame>, 'deadlineAtMs' | 'signal' | 'traceparent' | 'body' | 'send'> & {
  /** Of a call that has become a task: it may take as long as that. */
  readonly isTask?: true;
};

type Reply = WithBody<CallAnswer>;

/** What a call that has become a task needs to go on. */
export interface Continuation {
  execute(call: UpstreamCall, context: Context): Promise<Reply>;
  resume(request: RequestOf<typeof ContinueCall>, context: Context): Promise<Reply>;
  /** Ends a parked call: nobody will bring the input it waits for. */
  dismiss(callId: string): void;
}

/** A request of the upstream that waits for its client. */
interface InputRequest {
  /** As the upstream names it. */
  readonly key: string;
  readonly text: string;
}

const POLL_INTERVAL_MS = 1_000;
/** A round without requests is repeated; not at once. */
const IDLE_ROUND_MS = 250;
const OVER: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);

/** A call that took long and goes on as a task: requests to its client wait here, and so does its result. */
export class DeferredTask {
  readonly id = randomUUID();
  /** Set once the upstream made a task of it after all. */
  upstreamTask: { readonly taskId: string; readonly affinity: TaskAffinity | undefined } | undefined;
  readonly onChange = new Set<() => void>();
  private status = 'working';
  private outcome = '';
  private round = 0;
  private readonly requests = new Map<string, InputRequest>();
  private answers: Record<string, unknown> = {};
  private continuation: ((answers: Record<string, unknown>) => Promise<Reply>) | undefined;
  private readonly createdAtMs = Date.now();
  private readonly deadlineAtMs: number;
  private updatedAtMs = this.createdAtMs;
  private readonly control = new AbortController();

  constructor(
    readonly call: UpstreamCall,
    private readonly body: string,
    private readonly ttlMs: number,
    private readonly calls: Continuation,
  ) {
    this.deadlineAtMs = performance.now() + ttlMs;
  }

  get isOver(): boolean {
    return OVER.has(this.status);
  }

  /** Characters it keeps in memory. */
  get size(): number {
    return this.outcome.length;
  }

  /** The context that the call runs in from now on, in place of its client's. */
  context(body?: string): Context {
    return {
      deadlineAtMs: this.deadlineAtMs,
      signal: this.control.signal,
      traceparent: undefined,
      body,
      isTask: true,
      send: async () => {},
    };
  }

  follow(running: Promise<Reply>): void {
    running.then(
      (answered) => {
        this.take(answered);
        answered.gone?.();
      },
      (thrown: unknown) => this.end('failed', `"error":${JSON.stringify(toRpcError(toGatewayError(thrown)))}`),
    );
  }

  describe(): string {
    const { id: taskId, status, ttlMs } = this;
    const task = JSON.stringify({
      taskId,
      status,
      createdAt: new Date(this.createdAtMs).toISOString(),
      lastUpdatedAt: new Date(this.updatedAtMs).toISOString(),
      ttlMs,
      pollIntervalMs: POLL_INTERVAL_MS,
    });
    const requests = [...this.requests].map(([key, { text }]) => `${JSON.stringify(key)}:${text}`);
    const more = status === 'input_required' ? `"inputRequests":{${requests.join(',')}}` : this.outcome;
    return appendMembers(task, more);
  }

  update(responses: Readonly<Record<string, unknown>>): void {
    for (const [key, response] of Object.entries(responses)) {
      const request = this.requests.get(key);
      if (request === undefined || typeof response !== 'object' || response === null) continue;
      this.requests.delete(key);
      this.answers[request.key] = response;
    }
    if (this.requests.size === 0) this.proceed();
  }

  cancel(): void {
    if (this.isOver) return;
    const isParked = this.continuation !== undefined;
    this.end('cancelled', '');
    this.control.abort();
    if (isParked) this.calls.dismiss(this.call.callId);
  }

  private take({ head, body: carried = '{}' }: Reply): void {
    const body = textOf(carried);
    switch (head.kind) {
      case 'result': {
        const meta = head.meta === undefined ? '' : `,"_meta":${JSON.stringify(head.meta)}`;
        return this.end('completed', `"result":${appendMembers(body, `"resultType":"complete"${meta}`)}`);
      }
      case 'error':
        return this.end('failed', `"error":${JSON.stringify(head.error)}`);
      case 'task': {
        const { taskId } = JSON.parse(body) as { taskId: string };
        this.upstreamTask = { taskId, affinity: head.affinity };
        return this.changed('working');
      }
      case 'input-required':
        return this.requireInput(body, head.parked?.round);
    }
  }

  /** No key is used twice, though each round of an upstream may use the same ones. */
  private requireInput(body: string, parkedRound: number | undefined): void {
    this.round++;
    const { inputRequests = '{}', requestState } = textsOf(body);
    for (const [key, text] of Object.entries(textsOf(inputRequests)))
      this.requests.set(`${this.round}_${key}`, { key, text });
    this.continuation = (inputResponses) => {
      const { call } = this;
      if (parkedRound !== undefined) {
        const { callId, principal } = call;
        const answers = { callId, round: parkedRound, principalId: principal.id, inputResponses, wantsProgress: false };
        return this.calls.resume(answers, this.context());
      }
      const retry = { inputResponses: JSON.stringify(inputResponses), requestState: requestState ?? null };
      const { taskAfterMs: _none, ...again } = call;
      return this.calls.execute({ ...again, callId: randomUUID() }, this.context(withMembers(this.body, retry)));
    };
    if (this.requests.size > 0) return this.changed('input_required');
    setTimeout(() => this.proceed(), IDLE_ROUND_MS).unref();
  }

  private proceed(): void {
    const { continuation, answers } = this;
    if (continuation === undefined || this.isOver) return;
    this.continuation = undefined;
    this.answers = {};
    this.changed('working');
    this.follow(continuation(answers));
  }

  private end(status: string, outcome: string): void {
    if (this.isOver) return;
    this.outcome = outcome;
    this.continuation = undefined;
    this.requests.clear();
    this.changed(status);
  }

  private changed(status: string): void {
    if (this.isOver) return;
    this.status = status;
    this.updatedAtMs = Date.now();
    for (const notify of this.onChange) notify();
  }
}

const textsOf = (text: string): Record<string, string> =>
  Object.fromEntries(membersOf(text).map((member) => [member.key, valueText(text, member)]));
