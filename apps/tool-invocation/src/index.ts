import type { ServicePart } from '#libs/service';
import { toolInvocationOptions } from './tool-invocation.config.js';
import { ToolInvocationModule } from './tool-invocation.module.js';

/** The service that calls upstream servers, as a process hosts it. */
export const toolInvocationService: ServicePart<typeof toolInvocationOptions> = {
  name: 'tool-invocation',
  options: toolInvocationOptions,
  module: (config) => ToolInvocationModule.with(config),
  needs: { outbox: true },
};
