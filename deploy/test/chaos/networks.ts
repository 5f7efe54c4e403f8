import { type StallingProxy, startStallingProxy } from '#libs/testing';
import type { Fault, Leg } from './plan.js';

type Act = Extract<Fault, { kind: 'network' }>['act'];

/** How late every piece is where the network is slow. */
const SLOW_MS = 150;

/** The legs of the network that can go wrong, each with a proxy of its own. */
export class Networks {
  private readonly starting = new Map<Leg, Promise<StallingProxy>>();
  private readonly proxies = new Map<Leg, StallingProxy>();

  /** The port to go to instead. */
  async between(leg: Leg, port: number): Promise<number> {
    const starting = this.starting.get(leg) ?? startStallingProxy({ port, host: '127.0.0.1' });
    this.starting.set(leg, starting);
    const proxy = await starting;
    this.proxies.set(leg, proxy);
    return proxy.port;
  }

  begin(leg: Leg, act: Act): void {
    const proxy = this.proxies.get(leg);
    if (act === 'reset') proxy?.cut();
    else if (act === 'stall') proxy?.stall();
    else proxy?.delay(SLOW_MS);
  }

  /** What was stalled never comes back; new connections are as they should be. */
  end(leg: Leg, act: Act): void {
    const proxy = this.proxies.get(leg);
    if (act === 'slow') proxy?.delay(0);
    else proxy?.cut();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.proxies.values()].map((proxy) => proxy.stop()));
  }
}
