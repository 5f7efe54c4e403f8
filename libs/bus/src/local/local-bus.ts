import type { Bus } from '../port.js';
import { LocalBroker, type LocalBusOptions } from './local-broker.js';
import { LocalMember } from './local-member.js';

/** The bus of one process. Each service joins it and is, to the others, as far away as over NATS. */
export class LocalBus {
  private readonly broker: LocalBroker;

  constructor(options: LocalBusOptions = {}) {
    this.broker = new LocalBroker(options);
  }

  join(owner: string): Bus {
    return new LocalMember(this.broker, owner);
  }
}
