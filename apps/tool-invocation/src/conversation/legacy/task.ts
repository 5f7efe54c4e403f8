import { randomUUID } from 'node:crypto';
import { fail } from '#libs/errors';
import type { RoutedCall } from '#contracts/tool-invocation/execute-call.request';
import { type IncomingError, type IncomingResult, relayedMeta, resultWithMeta } from '#libs/mcp';
import { childTraceparent } from '#libs/telemetry';
import { type Ask, OpenCall } from '../../call/open-call.js';
import type { RequestOverrides } from './call.js';
import type { PeerIdentity } from '../peer.js';

type Json = Readonly<Record<string, unknown>>;
type Answer = IncomingResult | IncomingError;

/** What a session does for its tasks. */
export interface TaskSession {
  readonly identity: PeerIdentity;
  send(open: OpenCall, overrides: RequestOverrides): { readonly exchange: { readonly id: number } } | undefined;
  give(open: OpenCall, message: Answer): void;
  tell(method: string, params: object): void;
}

const ASKS_MAX = 32;
/** How long a task that wants input may take to say what it wants. */
const ASK_PATIENCE_MS = 1_000;
const COLLECTING_MS = 15;

/** What a finished task has come to, as members of the extension's task. */
interface Outcome {
  readonly outcome: 'completed' | 'failed';
  readonly text: string;
}

/** A task of the upstream: what it asks, and its result. */
export class KeptTask {
  private readonly asks = new Map<string, Ask>();
  /** A task's keys are never used twice, whichever instance it comes to be kept by. */
  private readonly mark = randomUUID().slice(0, 8);
  private askCount = 0;
  private reading: Promise<Outcome> | undefined;
  private waiting: (() => void) | undefined;
  private stream: OpenCall | undefined;

  constructor(
    private readonly session: TaskSession,
    readonly call: RoutedCall,
    readonly id: string,
    readonly expiresAtMs: number,
    private readonly changed: () => void,
  ) {}

  ask(ask: Omit<Ask, 'key'>): void {
    if (this.asks.size >= ASKS_MAX) return ask.refuse('Too many questions at once');
    const key = `input_${this.mark}_${++this.askCount}`;
    this.asks.set(key, { ...ask, key });
    this.waiting?.();
    this.changed();
  }

  answer(responses: Json): void {
    for (const [key, response] of Object.entries(responses)) {
      const ask = this.asks.get(key);
      if (ask === undefined || typeof response !== 'object' || response === null) continue;
      this.asks.delete(key);
      ask.reply(JSON.stringify(response));
    }
  }

  refuseAsks(reason: string): void {
    for (const ask of this.asks.values()) ask.refuse(reason);
    this.asks.clear();
  }

  /** What is asked and not answered, as `inputRequests`; soon, since several questions may come together. */
  async asked(): Promise<string> {
    if (this.asks.size === 0) {
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
        setTimeout(resolve, ASK_PATIENCE_MS);
      });
      if (this.asks.size > 0) await new Promise((resolve) => setTimeout(resolve, COLLECTING_MS));
    }
    const entries = [...this.asks.values()].map(
      ({ key, method, paramsText }) => `"${key}":{"method":"${method}","params":${paramsText}}`,
    );
    return `{${entries.join(',')}}`;
  }

  /** Waits for the end. The stream on which it comes is also where the upstream puts its questions. */
  outcome(): Promise<Outcome> {
    this.reading ??= this.read().finally(() => {
      // A result may be large; whoever asks again gets it from the upstream again.
      this.reading = undefined;
      this.refuseAsks('The task has ended');
    });
    return this.reading;
  }

  close(): void {
    this.stream?.cancel(fail('bus.cancelled', { executed: 'unknown' }), 'the task has expired');
  }

  private async read(): Promise<Outcome> {
    const open = new OpenCall({ ...this.call, callId: randomUUID(), wantsProgress: false }, '{}', childTraceparent());
    this.stream = open;
    const ended = open.next();
    let outcome: Outcome | undefined;
    const take = (message: Answer): void => {
      outcome = outcomeOf(message);
      open.answer({ kind: 'result' });
    };
    const paramsText = JSON.stringify({ taskId: this.id });
    this.session.send(open, {
      method: 'tasks/result',
      paramsText,
      cancel: () => {},
      take,
      refused: take,
      asked: (ask) => this.ask(ask),
    });
    await ended;
    return outcome as Outcome;
  }
}

/** A tool that says it failed has completed; what has failed ends with an error. */
const outcomeOf = (message: Answer): Outcome =>
  message.kind === 'error'
    ? { outcome: 'failed', text: `"error":${JSON.stringify(message.error)}` }
    : { outcome: 'completed', text: `"result":${resultWithMeta(message.text, relayedMeta)}` };
