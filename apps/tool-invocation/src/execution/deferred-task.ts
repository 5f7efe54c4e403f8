import { randomUUID } from 'node:crypto';
import type { CallContext, WithBody } from '#libs/bus';
import type {
  CallAnswer,
  CallFrame,
  ContinueCall,
  RoutedCall,
  TaskKeeper,
} from '#contracts/tool-invocation/execute-call.request';
import type { RequestOf } from '#contracts/define';
import { toGatewayError } from '#libs/errors';
import { appendMembers, membersOf, toRpcError, valueText, withMembers } from '#libs/mcp';

export type Context = Pick<CallContext<CallFrame>, 'deadlineAtMs' | 'signal' | 'traceparent' | 'body' | 'send'> & {
  /** Of a call that has become a task: it may take as long as that. */
  readonly isTask?: true;
};

type Reply = WithBody<CallAnswer>;

/** How a call that has become a task goes on. */
export interface Continuation {
  execute(call: RoutedCall, context: Context): Promise<Reply>;
  resume(request: RequestOf<typeof ContinueCall>, context: Context): Promise<Reply>;
  /** Nobody will bring what a parked call waits for. */
  dismiss(callId: string): void;
}

interface Asked {
  /** As the upstream calls it. */
  readonly key: string;
  readonly text: string;
}

const POLL_INTERVAL_MS = 1_000;
/** A round that asks for nothing wants to be asked again; not at once. */
const IDLE_ROUND_MS = 250;
const OVER: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);

/** A call that took long and goes on as a task: what it asks waits here for its client, and so does its result. */
export class HeldTask {
  readonly id = randomUUID();
  /** Set once the upstream made a task of it after all. */
  upstreamTask: { readonly taskId: string; readonly keeper: TaskKeeper | undefined } | undefined;
  readonly onChange = new Set<() => void>();
  private status = 'working';
  private outcome = '';
  private round = 0;
  private readonly asked = new Map<string, Asked>();
  private answers: Record<string, unknown> = {};
  private goOn: ((answers: Record<string, unknown>) => Promise<Reply>) | undefined;
  private readonly createdAtMs = Date.now();
  private updatedAtMs = this.createdAtMs;
  private readonly control = new AbortController();

  constructor(
    readonly call: RoutedCall,
    private readonly body: string,
    private readonly ttlMs: number,
    private readonly go: Continuation,
  ) {}

  get isOver(): boolean {
    return OVER.has(this.status);
  }

  /** Characters it keeps in memory. */
  get size(): number {
    return this.outcome.length;
  }

  /** What stands for the client from now on. */
  context(body?: string): Context {
    return {
      deadlineAtMs: this.createdAtMs + this.ttlMs,
      signal: this.control.signal,
      traceparent: undefined,
      body,
      isTask: true,
      send: async () => {},
    };
  }

  follow(running: Promise<Reply>): void {
    running.then(
      (answered) => this.take(answered),
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
    const asked = [...this.asked].map(([key, { text }]) => `${JSON.stringify(key)}:${text}`);
    const more = status === 'input_required' ? `"inputRequests":{${asked.join(',')}}` : this.outcome;
    return appendMembers(task, more);
  }

  update(responses: Readonly<Record<string, unknown>>): void {
    for (const [key, response] of Object.entries(responses)) {
      const asked = this.asked.get(key);
      if (asked === undefined || typeof response !== 'object' || response === null) continue;
      this.asked.delete(key);
      this.answers[asked.key] = response;
    }
    if (this.asked.size === 0) this.proceed();
  }

  cancel(): void {
    if (this.isOver) return;
    const isParked = this.goOn !== undefined;
    this.end('cancelled', '');
    this.control.abort();
    if (isParked) this.go.dismiss(this.call.callId);
  }

  private take({ head, body = '{}' }: Reply): void {
    switch (head.kind) {
      case 'result': {
        const meta = head.meta === undefined ? '' : `,"_meta":${JSON.stringify(head.meta)}`;
        return this.end('completed', `"result":${appendMembers(body, `"resultType":"complete"${meta}`)}`);
      }
      case 'error':
        return this.end('failed', `"error":${JSON.stringify(head.error)}`);
      case 'task': {
        const { taskId } = JSON.parse(body) as { taskId: string };
        this.upstreamTask = { taskId, keeper: head.keeper };
        return this.changed('working');
      }
      case 'input-required':
        return this.ask(body, head.parked?.round);
    }
  }

  /** No key is ever used twice, though each round of an upstream may use the same ones. */
  private ask(body: string, parkedRound: number | undefined): void {
    this.round++;
    const { inputRequests = '{}', requestState } = textsOf(body);
    for (const [key, text] of Object.entries(textsOf(inputRequests)))
      this.asked.set(`${this.round}_${key}`, { key, text });
    this.goOn = (inputResponses) => {
      const { call } = this;
      if (parkedRound !== undefined) {
        const { callId, principal } = call;
        const answers = { callId, round: parkedRound, principalId: principal.id, inputResponses, wantsProgress: false };
        return this.go.resume(answers, this.context());
      }
      const retry = { inputResponses: JSON.stringify(inputResponses), requestState: requestState ?? null };
      const { taskAfterMs: _none, ...again } = call;
      return this.go.execute({ ...again, callId: randomUUID() }, this.context(withMembers(this.body, retry)));
    };
    if (this.asked.size > 0) return this.changed('input_required');
    setTimeout(() => this.proceed(), IDLE_ROUND_MS).unref();
  }

  private proceed(): void {
    const { goOn, answers } = this;
    if (goOn === undefined || this.isOver) return;
    this.goOn = undefined;
    this.answers = {};
    this.changed('working');
    this.follow(goOn(answers));
  }

  private end(status: string, outcome: string): void {
    if (this.isOver) return;
    this.outcome = outcome;
    this.goOn = undefined;
    this.asked.clear();
    this.changed(status);
  }

  private changed(status: string): void {
    if (this.isOver) return;
    this.status = status;
    this.updatedAtMs = Date.now();
    for (const tell of this.onChange) tell();
  }
}

const textsOf = (text: string): Record<string, string> =>
  Object.fromEntries(membersOf(text).map((member) => [member.key, valueText(text, member)]));
