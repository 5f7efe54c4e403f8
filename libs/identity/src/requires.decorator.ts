import {
  type CustomDecorator,
  type ExecutionContext,
  SetMetadata,
  applyDecorators,
  createParamDecorator,
} from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { Permission, Principal } from '#libs/contracts';

export const REQUIRED_PERMISSIONS = 'switchyard:permissions';
export const OPEN_ROUTE = 'switchyard:open';
export const TIED_TOKENS_TOO = 'switchyard:tied-tokens-too';

/** Where the guard leaves the caller on a Fastify request. */
export const PRINCIPAL = Symbol('principal');

/**
 * The permissions a management route asks for, all of them; the OpenAPI document names them as `x-permissions`. A route
 * without a rule is refused to everybody.
 */
export const Requires = (...permissions: readonly [Permission, ...Permission[]]): ClassDecorator & MethodDecorator =>
  applyDecorators(SetMetadata(REQUIRED_PERMISSIONS, permissions), ApiExtension('x-permissions', permissions));

/** A route for everybody who presents a good token, whatever it permits. */
export const Authenticated = (): CustomDecorator => SetMetadata(REQUIRED_PERMISSIONS, []);

/** As `Authenticated`, also for a token that is tied to one virtual server. */
export const AuthenticatedByAny = (): MethodDecorator =>
  applyDecorators(Authenticated(), SetMetadata(TIED_TOKENS_TOO, true));

/** A route anybody may use, such as logging in. */
export const Open = (): CustomDecorator => SetMetadata(OPEN_ROUTE, true);

/** The principal the guard has let in. */
export const Caller = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Principal =>
    context.switchToHttp().getRequest<{ [PRINCIPAL]: Principal }>()[PRINCIPAL],
);
