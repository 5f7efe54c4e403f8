import { UseFilters } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import type { AnyRequest } from '#libs/contracts';
import type { Handler } from '../port.js';
import { FailureFilter } from './failure.filter.js';

type MethodOf<Shape> = <Method extends Shape>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/** This controller method answers the contract; one of another shape does not compile. */
export const Answers =
  <C extends AnyRequest>(contract: C): MethodOf<Handler<C>> =>
  (target, key, descriptor) => {
    MessagePattern(contract.subject, { contract })(target, key, descriptor);
    UseFilters(new FailureFilter())(target, key, descriptor);
  };
