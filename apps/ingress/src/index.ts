import type { ServicePart } from '#libs/service';
import { ingressOptions } from './ingress.config.js';
import { IngressModule } from './ingress.module.js';
import { KEPT_KEYS } from './sessions/index.js';

/** The service that MCP clients connect to, as a process hosts it. */
export const ingressService: ServicePart<typeof ingressOptions> = {
  name: 'ingress',
  options: ingressOptions,
  module: (config) => IngressModule.with(config),
  needs: { cache: true, kept: KEPT_KEYS, outbox: true },
};
export { servesConsole } from './ingress.module.js';
