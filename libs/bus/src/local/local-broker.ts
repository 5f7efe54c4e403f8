import type { Logger } from '#libs/telemetry';
import { DeadlineSweep } from '#libs/resilience';
import { SlotMap } from '../flow/slot-map.js';
import { fail } from '#libs/errors';
import { MESSAGE_BYTES_MAX } from '../limits.js';
import type { LocalCall } from './local-call.js';
import { Listeners } from './listeners.js';

/** For the bus inside one process. */
export interface LocalBusOptions {
  readonly maxPayloadBytes?: number;
  readonly logger?: Logger;
}

export interface LocalHandler {
  readonly instance: string;
  readonly take: (call: LocalCall) => void;
}

/** Between the members of one process: who answers what, which calls are open, and when they time out. */
export class LocalBroker {
  readonly bytesMax: number;
  readonly logger: Logger | undefined;
  readonly listeners: Listeners;
  /** Calls that somebody waits for or works on. */
  readonly calls = new SlotMap<LocalCall>();
  readonly deadlines = new DeadlineSweep<LocalCall>({
    items: () => this.open(),
    onDue: (call) => {
      const error = fail('bus.timed_out', { executed: call.taken ? 'unknown' : 'no' });
      call.abandon(error, error);
    },
  });
  private readonly answering = new Map<string, LocalHandler[]>();
  private readonly turns = new Map<string, number>();
  private due: (() => void)[] = [];

  constructor({ maxPayloadBytes = MESSAGE_BYTES_MAX, logger }: LocalBusOptions = {}) {
    this.bytesMax = maxPayloadBytes;
    this.logger = logger;
    this.listeners = new Listeners(logger);
  }

  add(subject: string, handler: LocalHandler): void {
    const handlers = this.answering.get(subject);
    if (handlers === undefined) this.answering.set(subject, [handler]);
    else handlers.push(handler);
  }

  remove(subject: string, handler: LocalHandler): void {
    const left = this.answering.get(subject)?.filter((other) => other !== handler) ?? [];
    if (left.length > 0) this.answering.set(subject, left);
    else this.answering.delete(subject);
  }

  /** The members that answer take turns. */
  next(subject: string, instance: string | undefined): LocalHandler | undefined {
    const handlers = this.answering.get(subject);
    if (handlers === undefined) return undefined;
    if (instance !== undefined) return handlers.find((handler) => handler.instance === instance);
    if (handlers.length === 1) return handlers[0];
    const turn = (this.turns.get(subject) ?? 0) % handlers.length;
    this.turns.set(subject, turn + 1);
    return handlers[turn];
  }

  /** Runs `work` in the next turn of the event loop, together with what else is due then: I/O is never starved. */
  later(work: () => void): void {
    if (this.due.push(work) === 1) setImmediate(() => this.runDue());
  }

  private *open(): Iterable<LocalCall> {
    for (const call of this.calls) if (call.open) yield call;
  }

  private runDue(): void {
    const due = this.due;
    this.due = [];
    for (const work of due) work();
  }
}
