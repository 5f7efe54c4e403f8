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
    EventPattern(event.subject, { event, group: options.group })(target, key, descriptor);
    UseFilters(new FailureFilter())(target, key, descriptor);
  };
