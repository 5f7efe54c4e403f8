import { defineRequest } from '../define.js';
import type { Principal } from '../auth/principal.js';

/** A gateway as somebody is told of it to whom it is no more than a name. */
export interface ShownGateway {
  readonly id: string;
  readonly name: string;
  /** Where it is, without path and query. */
  readonly origin: string | null;
}

/** Those of these gateways that the principal sees. */
export const ShowGateways = defineRequest<
  { readonly gatewayIds: readonly string[]; readonly principal: Principal },
  { readonly gateways: readonly ShownGateway[] }
>('registry', 'gateways.show', { deadlineMs: 2_000 });
