import type { Cache } from '#libs/storage';

const REFRESH_MS = 2_000;
const TTL_MS = 6_000;

const presenceKey = (instance: string): string => `ingress:present:${instance}`;

/** Lets replicas tell whether another one, whose work they see, is still there to finish it. */
export class Presence {
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly cache: Cache,
    private readonly instance: string,
  ) {
    this.timer = setInterval(() => this.refresh(), REFRESH_MS);
    this.timer.unref();
    this.refresh();
  }

  close(): void {
    clearInterval(this.timer);
    this.cache.delete(presenceKey(this.instance)).catch(() => {});
  }

  private refresh(): void {
    // A store that is away for a while makes nobody dead: without it nobody can ask either.
    this.cache.set(presenceKey(this.instance), '', TTL_MS).catch(() => {});
  }
}

export const isPresent = async (cache: Cache, instance: string): Promise<boolean> =>
  (await cache.get(presenceKey(instance))) !== null;
