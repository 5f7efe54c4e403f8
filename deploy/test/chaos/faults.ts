import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '#libs/testing';
import type { Networks } from './networks.js';
import { type Fault, type Place, REPLICAS } from './plan.js';

/** Longer than a process takes to finish what it has in hand. */
const STOPS_WITHIN_MS = 120_000;
/** How long a database that was killed may take to be there again. */
const COMES_BACK_WITHIN_MS = 120_000;

/** Makes things go wrong, and puts each right again. */
export class Faults {
  /** When processes were killed: an answer that left just then may be unknown to the books. */
  readonly deathsAtMs: number[] = [];

  constructor(
    private readonly gateway: Gateway,
    private readonly networks: Networks,
  ) {}

  /** Resolves when everything works again, as far as processes and connections go. */
  async run(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'kill':
        return this.kill(fault.process, fault.forMs);
      case 'suspend':
        return this.suspend(this.server(fault.process), fault.forMs);
      case 'roll':
        return this.roll(fault.service);
      case 'store':
        return this.loseStore(fault);
      case 'network':
        this.networks.begin(fault.leg, fault.act);
        await sleep(fault.forMs);
        return this.networks.end(fault.leg, fault.act);
    }
  }

  private async kill({ service, replica }: Place, forMs: number): Promise<void> {
    this.deathsAtMs.push(Date.now());
    await this.gateway.kill(service, replica);
    await sleep(forMs);
    await this.server({ service, replica }).start();
  }

  private async suspend(server: { pause(): void; resume(): void }, forMs: number): Promise<void> {
    server.pause();
    await sleep(forMs);
    server.resume();
  }

  private async roll(service: Place['service']): Promise<void> {
    const replicas = service === 'switchyard' ? 1 : REPLICAS;
    for (let replica = 0; replica < replicas; replica++) {
      const server = this.server({ service, replica });
      const code = await server.stop(STOPS_WITHIN_MS);
      if (code !== 0) throw new Error(`${service} ${replica} did not stop by itself: ${code}\n${server.output}`);
      await server.start();
    }
  }

  private async loseStore({ store, act, forMs }: Extract<Fault, { kind: 'store' }>): Promise<void> {
    const { nats, redis, postgres } = this.gateway;
    if (store === 'postgres') {
      if (postgres === undefined) throw new Error('there is no Postgres of its own');
      const { pid } = postgres;
      if (act === 'suspend') {
        process.kill(pid, 'SIGSTOP');
        await sleep(forMs);
        return void process.kill(pid, 'SIGCONT');
      }
      process.kill(pid, 'SIGKILL');
      for (const endsAtMs = Date.now() + COMES_BACK_WITHIN_MS; postgres.pid === pid; await sleep(20))
        if (Date.now() > endsAtMs) throw new Error('Postgres does not come back');
      return;
    }
    const server = store === 'nats' ? nats : redis;
    if (server === undefined) throw new Error(`there is no ${store}`);
    if (act === 'suspend') return this.suspend(server, forMs);
    await server.kill();
    await sleep(forMs);
    await (store === 'nats' ? nats?.start() : redis?.restart());
  }

  private server({ service, replica }: Place) {
    return this.gateway.process(service, replica).server;
  }
}
