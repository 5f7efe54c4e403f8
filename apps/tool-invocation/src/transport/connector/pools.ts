import type { Bus } from '#libs/bus';
import type { JoinedConnectors } from '../../connectors/joined-connectors.js';
import type { HttpPools } from '../http/pools.js';
import { ConnectorDispatcher } from './dispatcher.js';

/** What reaches upstreams through connectors. */
export interface ConnectorDeps {
  readonly bus: Bus;
  readonly joined: JoinedConnectors;
}

/** The way to the upstream of one name: both kinds of requests take it, as many as the connection carries. */
export class ConnectorPools implements HttpPools {
  readonly tellsDeadline = true;
  readonly calls: ConnectorDispatcher;
  readonly control: ConnectorDispatcher;

  constructor(name: string, { bus, joined }: ConnectorDeps) {
    this.calls = this.control = new ConnectorDispatcher(name, bus, joined);
  }

  async close(): Promise<void> {
    await this.calls.destroy();
  }
}
