import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { AnyEvent, AnyRequest } from '#libs/contracts';
import type { GatewayError } from '#libs/errors';
import type { Bus, Subscription } from '../port.js';

interface Entry {
  readonly handler: MessageHandler;
  readonly extras: { readonly contract?: AnyRequest; readonly event?: AnyEvent; readonly group?: string };
}

/**
 * Serves Nest controllers on a bus. A contract names its own owner, so one server serves the controllers of all
 * services that share a process. Closing it ends its subscriptions; the bus is drained by whoever opened it. A method
 * without a contract, or a contract that is answered twice, throws at the start.
 */
export class BusServer extends Server implements CustomTransportStrategy {
  private readonly entries: Entry[] = [];
  private subscriptions: Subscription[] = [];

  /**
   * `nameFailure` names what a controller threw without a name of its own, a lost database for instance; null leaves it
   * `platform.internal`.
   */
  constructor(
    private readonly bus: Bus,
    private readonly nameFailure: (thrown: unknown) => GatewayError | null = () => null,
  ) {
    super();
  }

  override addHandler(
    pattern: unknown,
    handler: MessageHandler,
    _isEvent = false,
    extras: Record<string, unknown> = {},
  ): void {
    const { contract, event } = extras as Entry['extras'];
    if (contract === undefined && event === undefined) {
      throw new Error(`${String(pattern)}: a bus controller declares its methods with @Answers or @Subscribes`);
    }
    if (contract !== undefined && this.entries.some((entry) => entry.extras.contract?.subject === contract.subject)) {
      throw new Error(`${contract.subject} is answered twice in this process`);
    }
    this.entries.push({ handler, extras });
  }

  listen(started: (error?: unknown) => void): void {
    this.subscriptions = this.entries.map((entry) => this.serve(entry));
    this.bus.flush().then(() => started(), started);
  }

  close(): void {
    for (const subscription of this.subscriptions) subscription.close();
    this.subscriptions = [];
  }

  /** The bus reports on itself. */
  on(): void {}

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the base class declares it so
  unwrap<T>(): T {
    return this.bus as T;
  }

  private serve({ handler, extras }: Entry): Subscription {
    if (extras.contract !== undefined)
      return this.bus.answer(extras.contract, (request, call) => this.#named(settled(handler(request, call))));
    const options = extras.group === undefined ? {} : { group: extras.group };
    return this.bus.subscribe(extras.event as AnyEvent, (payload) => settled(handler(payload)), options);
  }

  async #named<Answer>(answering: Promise<Answer>): Promise<Answer> {
    try {
      return await answering;
    } catch (thrown) {
      throw this.nameFailure(thrown) ?? thrown;
    }
  }
}

/** Nest answers with a stream where a filter or an interceptor took part. */
const settled = async (answering: Promise<unknown>): Promise<never> => {
  const answer = await answering;
  return (isObservable(answer) ? await lastValueFrom(answer, { defaultValue: undefined }) : answer) as never;
};
