import { authService } from '#apps/auth';
import { ingressService } from '#apps/ingress';
import { metricsService } from '#apps/metrics';
import { registryService } from '#apps/registry';
import { toolInvocationService } from '#apps/tool-invocation';
import type { AnyServicePart } from '#libs/service';

/** Every service of the gateway, in the order in which they need each other; the edge comes last. */
export const parts: readonly AnyServicePart[] = [
  authService,
  registryService,
  metricsService,
  toolInvocationService,
  ingressService,
];
