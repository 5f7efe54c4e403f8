import { UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import type { AnyEvent, PayloadOf } from '#libs/contracts';
import type { SubscribeOptions } from '../port.js';
import { FailureFilter } from './failure.filter.js';

type Subscriber<C extends AnyEvent> = (payload: PayloadOf<C>) => void | Promise<void>;

/** This controller method subscribes to the event; with a group, one instance of the group gets each. */
export const Subscribes =
  <C extends AnyEvent>(event: C, options: SubscribeOptions = {}) =>
  <Method extends Subscriber<C>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    // oxlint-disable-next-line typescript/no-unnecessary-type-arguments -- without it Nest's type takes no typed method
    EventPattern<string>(event.subject, { event, group: options.group })(target, key, descriptor);
    UseFilters(new FailureFilter())(target, key, descriptor);
  };
