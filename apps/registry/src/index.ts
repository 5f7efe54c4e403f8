import type { ServicePart } from '#libs/service';
import { registryOptions } from './registry.config.js';
import { RegistryModule } from './registry.module.js';

export const registryService: ServicePart<typeof registryOptions> = {
  name: 'registry',
  options: registryOptions,
  module: (config) => RegistryModule.with(config),
  needs: { database: true },
};
