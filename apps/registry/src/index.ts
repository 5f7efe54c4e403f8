import type { ServicePart } from '#libs/service';
import { registryOptions } from './registry.config.js';
import { RegistryModule } from './registry.module.js';
import { registryDatabase } from './registry.database.js';

/** The service that keeps gateways, their entries and virtual servers, as a process hosts it. */
export const registryService: ServicePart<typeof registryOptions> = {
  name: 'registry',
  options: registryOptions,
  module: (config) => RegistryModule.with(config),
  needs: { database: registryDatabase },
};
