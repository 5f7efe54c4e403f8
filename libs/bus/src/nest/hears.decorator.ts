import { UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import type { AnyEvent, PayloadOf } from '#libs/contracts';
import type { HearOptions } from '../port.js';
import { FailureFilter } from './failure.filter.js';

type Hearer<C extends AnyEvent> = (payload: PayloadOf<C>) => void | Promise<void>;

/** This controller method hears the event; with a group, one instance of those in the group does. */
export const Hears =
  <C extends AnyEvent>(event: C, options: HearOptions = {}) =>
  <Method extends Hearer<C>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    // oxlint-disable-next-line typescript/no-unnecessary-type-arguments -- without it Nest's type takes no typed method
    EventPattern<string>(event.subject, { event, group: options.group })(target, key, descriptor);
    UseFilters(new FailureFilter())(target, key, descriptor);
  };
