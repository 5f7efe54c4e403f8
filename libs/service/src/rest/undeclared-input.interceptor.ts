import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { fail } from '#libs/errors';
import { OF_ANOTHER_TYPE } from './rest-hooks.js';
import { unknownMembers } from './validation.js';

/** What the parameters of a route's method take from its body and its query: all of it, members by name, or nothing. */
interface Declared {
  readonly body: boolean;
  readonly query: boolean;
}

/**
 * Refuses, with 422, a query or a body that the route does not read at all. Where a route reads one, the validation pipe
 * refuses the members that its class does not declare. Runs after the guards, so that strangers learn nothing.
 */
@Injectable()
export class UndeclaredInputInterceptor implements NestInterceptor {
  /** By method: what a route declares does not change. */
  private readonly known = new WeakMap<object, Declared>();

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const declared = this.declaredBy(context);
    const { body, query } = context.switchToHttp().getRequest<FastifyRequest>();
    if (body === OF_ANOTHER_TYPE) throw fail('http.media_type_unsupported');
    const unknown = [...(declared.body ? [] : namesIn(body)), ...(declared.query ? [] : namesIn(query))];
    if (unknown.length > 0) throw unknownMembers(unknown);
    return next.handle();
  }

  private declaredBy(context: ExecutionContext): Declared {
    const handler = context.getHandler();
    const known = this.known.get(handler);
    if (known !== undefined) return known;
    // Keys are `<kind of parameter>:<its index>`.
    const parameters = Object.keys(Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), handler.name) ?? {});
    const takes = (kind: RouteParamtypes): boolean => parameters.some((key) => key.startsWith(`${kind}:`));
    const declared = { body: takes(RouteParamtypes.BODY), query: takes(RouteParamtypes.QUERY) };
    this.known.set(handler, declared);
    return declared;
  }
}

/** A body that has no members, such as a text, counts as one. */
const namesIn = (input: unknown): string[] => {
  if (input === null || input === undefined) return [];
  return typeof input === 'object' ? Object.keys(input) : ['body'];
};
