import { setTimeout as sleep } from 'node:timers/promises';
import { connectionHeaders } from './caller.js';
import { type Gateway, type RegisteredGateway } from '#libs/testing';

const HANGS_AFTER_MS = 120_000;

/** An operator who registers one gateway after the other, whatever happens, and notes which were acknowledged. */
export class Registering {
  readonly acknowledged: RegisteredGateway[] = [];
  /** Answers that no operator should get: none, or a failure without a name. */
  readonly wrong: string[] = [];
  readonly refused: string[] = [];
  private readonly running: Promise<void>;
  private stopping = false;

  constructor(
    private readonly gateway: Pick<Gateway, 'url' | 'adminToken'> & { readonly ownConnections?: boolean },
    private readonly upstreamUrl: string,
    private readonly prefix: string,
  ) {
    this.running = this.run();
  }

  /** Until one more has been acknowledged that was asked for from now on. */
  async goesOn(withinMs = 240_000): Promise<void> {
    const before = this.acknowledged.length;
    for (const endsAtMs = Date.now() + withinMs; this.acknowledged.length < before + 2; await sleep(20)) {
      if (Date.now() > endsAtMs) throw new Error(`registrations do not go on: ${this.refused.slice(-3).join('; ')}`);
    }
  }

  async stop(): Promise<readonly RegisteredGateway[]> {
    this.stopping = true;
    await this.running;
    return this.acknowledged;
  }

  private async run(): Promise<void> {
    for (let n = 0; !this.stopping; n++) {
      await this.register(`${this.prefix}-${n}`);
      await sleep(100);
    }
  }

  private async register(name: string): Promise<void> {
    try {
      const response = await fetch(`${this.gateway.url}/gateways`, {
        method: 'POST',
        headers: {
          ...connectionHeaders(this.gateway),
          authorization: `Bearer ${this.gateway.adminToken}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ name, url: `${this.upstreamUrl}/${name}` }),
        signal: AbortSignal.timeout(HANGS_AFTER_MS),
      });
      const text = await response.text();
      if (response.status === 201) return void this.acknowledged.push(JSON.parse(text) as RegisteredGateway);
      const refusal = `${response.status} ${text.slice(0, 300)}`;
      const front = response.status === 502 && text === 'the replica is gone';
      const named = front || (/"code":"[a-z]+\.[a-z_]+"/.test(text) && !text.includes('platform.internal'));
      (named ? this.refused : this.wrong).push(`${name}: ${refusal}`);
    } catch (error) {
      if ((error as Error).name === 'TimeoutError') this.wrong.push(`${name}: no answer`);
      else this.refused.push(`${name}: the connection went away`);
    }
  }
}

/** How long a replica that has just come back may take to answer. */
const ANSWERS_WITHIN_MS = 120_000;

/**
 * What a replica of registry lost, doubled or half kept of what was acknowledged. Rejects where it cannot be asked.
 */
export const lostBy = async (
  registryUrl: string,
  token: string,
  acknowledged: readonly RegisteredGateway[],
): Promise<string[]> => {
  const list = (path: string) => listed(`${registryUrl}${path}`, token, Date.now() + ANSWERS_WITHIN_MS);
  const [gateways, tools] = await Promise.all([list('/gateways'), list('/tools')]);
  return acknowledged.flatMap(({ id, name }) => {
    const kept = gateways.filter((gateway) => gateway['name'] === name);
    const offered = tools.filter((tool) => tool['gatewayId'] === id);
    if (kept.length !== 1 || kept[0]?.['id'] !== id) return [`${name} is there ${kept.length} times`];
    return offered.length === 1 ? [] : [`${name} offers ${offered.length} tools`];
  });
};

const listed = async (url: string, token: string, untilMs: number): Promise<Record<string, unknown>[]> => {
  let said: string;
  do {
    try {
      const signal = AbortSignal.timeout(HANGS_AFTER_MS);
      const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal });
      const text = await response.text();
      if (response.status === 200) return JSON.parse(text) as Record<string, unknown>[];
      said = `${response.status} ${text.slice(0, 300)}`;
    } catch (error) {
      said = String((error as Error).cause ?? error);
    }
    await sleep(100);
  } while (Date.now() < untilMs);
  throw new Error(`${url} cannot be read: ${said}`);
};
