import { Injectable } from '@nestjs/common';
import { EntryRepository } from '../entries/entry.repository.js';
import { GatewayRepository } from '../gateways/gateway.repository.js';
import { ServerRepository } from '../servers/server.repository.js';

/** The registry's tables, for those who need most of them. */
@Injectable()
export class RegistryStore {
  constructor(
    readonly gateways: GatewayRepository,
    readonly entries: EntryRepository,
    readonly servers: ServerRepository,
  ) {}
}
