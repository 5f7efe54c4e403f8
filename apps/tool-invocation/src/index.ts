import type { ServicePart } from '#libs/service';
import { toolInvocationOptions } from './tool-invocation.config.js';
import { ToolInvocationModule } from './tool-invocation.module.js';

export const toolInvocationService: ServicePart<typeof toolInvocationOptions> = {
  name: 'tool-invocation',
  options: toolInvocationOptions,
  module: (config) => ToolInvocationModule.with(config),
  needs: { outbox: true },
};
