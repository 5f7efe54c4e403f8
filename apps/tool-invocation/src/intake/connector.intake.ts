import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import {
  ListConnections,
  RelayRequest,
  RelayStream,
} from '#contracts/tool-invocation/connectors/relay-request.request';
import { type Bus, InjectBus, type Handler, type Subscription } from '#libs/bus';
import { meter } from '#libs/telemetry';
import { ConnectorDoor } from '../connectors/connector-door.js';
import { JoinedConnectors } from '../connectors/joined-connectors.js';

/** Requests of all instances to upstreams behind the connectors that are connected here. */
@Injectable()
export class ConnectorIntake implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private answering: Subscription[] = [];

  constructor(
    @InjectBus() private readonly bus: Bus,
    private readonly door: ConnectorDoor,
    private readonly joined: JoinedConnectors,
  ) {
    meter()
      .createObservableGauge('connector_connections', { description: 'Connections of connectors to this instance.' })
      .addCallback((result) => result.observe(this.door.size));
  }

  async onApplicationBootstrap(): Promise<void> {
    this.answering = [
      this.bus.answer(RelayRequest, this.relay),
      this.bus.answer(RelayStream, this.relay),
      this.bus.answer(ListConnections, async () => ({ connections: this.joined.all() })),
    ];
    await this.bus.flush();
  }

  beforeApplicationShutdown(): void {
    for (const subscription of this.answering) subscription.close();
  }

  private readonly relay: Handler<typeof RelayRequest> = async (request, call) => {
    const timeLeftMs = call.deadlineAtMs - performance.now();
    const take = call.send.bind(call);
    await this.door
      .connection(request.connectionId)
      .relay(request, call.body ?? '', { timeLeftMs, signal: call.signal, take });
    return { ended: true };
  };
}
