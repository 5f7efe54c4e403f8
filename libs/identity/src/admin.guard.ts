import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Permission, Principal } from '#libs/contracts';
import { fail, toGatewayError } from '#libs/errors';
import { nameActor } from '#libs/storage';
import { currentTrace, noteFacts } from '#libs/telemetry';
import { CallerAdmission } from './caller-admission.js';
import { CLIENT_ADDRESS, type ClientAddress } from './client-address.js';
import { checkConditions } from './conditions.js';
import { challengeFor } from './challenges/challenge.js';
import { readManagementCredential } from './console-cookie.js';
import type { CredentialCarrier } from './credential.js';
import { acting } from './permission.js';
import { CallShares } from './shares/index.js';
import { OPEN_ROUTE, PRINCIPAL, REQUIRED_PERMISSIONS, TIED_TOKENS_TOO } from './requires.decorator.js';

interface Request {
  readonly raw: CredentialCarrier;
  [PRINCIPAL]?: Principal;
}

interface Reply {
  readonly raw: ServerResponse;
  header(name: string, value: string): unknown;
}

/** Under which it is injected whether management routes are served. */
export const ADMIN_API_ENABLED = Symbol('ADMIN_API_ENABLED');

const NOT_SERVED = { message: 'This gateway does not serve its management API (MCPGATEWAY_ADMIN_API_ENABLED)' };

/**
 * Guards every management route: a bearer token or the cookie of the console, and every permission that `@Requires` names; who has them by roles in
 * teams alone goes on confined to those. A route without
 * `@Requires`, `@Authenticated` or `@Open` is refused, so that forgetting the decorator opens nothing. A request counts
 * in the shares of its caller until its answer has left.
 */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(
    private readonly admission: CallerAdmission,
    private readonly shares: CallShares,
    private readonly reflector: Reflector,
    @Inject(CLIENT_ADDRESS) private readonly addressOf: ClientAddress,
    @Inject(ADMIN_API_ENABLED) private readonly isEnabled: boolean,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(OPEN_ROUTE, targets)) return true;
    if (!this.isEnabled) throw fail('http.not_found', NOT_SERVED);
    const required = this.reflector.getAllAndOverride<readonly Permission[] | undefined>(REQUIRED_PERMISSIONS, targets);
    const request = context.switchToHttp().getRequest<Request>();
    const reply = context.switchToHttp().getResponse<Reply>();
    try {
      const isForTied = this.reflector.getAllAndOverride<boolean>(TIED_TOKENS_TOO, targets) ?? false;
      const principal = await this.admit(request.raw, required, isForTied);
      const taken = this.shares.enter(principal, request.raw);
      // Also for one who has left while it was found out who they are.
      finished(reply.raw, () => this.shares.leave(taken));
      request[PRINCIPAL] = principal;
      noteFacts(request.raw, { principal: principal.id });
      nameActor({
        kind: 'user',
        id: principal.id,
        ...(principal.tokenId !== null && { tokenId: principal.tokenId }),
        address: this.addressOf(request.raw),
        ...(currentTrace() !== undefined && { traceId: currentTrace()?.traceId ?? '' }),
      });
      return true;
    } catch (thrown) {
      const error = toGatewayError(thrown);
      const scope = error.code === 'auth.grant_missing' ? undefined : required?.join(' ');
      const challenge = challengeFor(error, { scope });
      if (challenge !== null) reply.header('www-authenticate', challenge);
      if (error.code === 'auth.unavailable') reply.header('retry-after', '1');
      throw error;
    }
  }

  /**
   * Who asks, confined to what they have all of `required` for; by a token that is tied to a virtual server where `isForTied`. Throws `auth.credential_missing`, `auth.credential_invalid`,
   * `auth.grant_missing` or `auth.unavailable`.
   */
  async admit(
    request: CredentialCarrier,
    required: readonly Permission[] | undefined,
    isForTied = false,
  ): Promise<Principal> {
    const principal = await this.admission.admitConfirmed(readManagementCredential(request), request);
    if (principal.kind === 'anonymous') throw fail('auth.credential_missing');
    checkConditions(principal, request, this.addressOf);
    if (principal.endpoints !== undefined)
      throw fail('auth.credential_invalid', { message: 'The token is for an MCP endpoint, not for administration' });
    // A token that is tied to one virtual server is for that server's MCP endpoint, not for administration.
    const isHere = isForTied || principal.serverId === null;
    const allowed = required !== undefined && isHere ? acting(principal, required) : null;
    if (allowed === null) throw fail('auth.grant_missing');
    return allowed;
  }
}
