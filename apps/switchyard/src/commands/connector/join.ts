import { randomUUID } from 'node:crypto';
import { Backoff, pause } from '#libs/resilience';
import { maskText } from '#libs/telemetry';
import { Unreachable } from '../../terminal/failure.js';
import { GatewayLine, type Joining } from './gateway-line.js';
import { UpstreamDoor } from './upstream-door.js';
import type { UpstreamTargets } from './upstream-target.js';

interface JoinSettings extends Omit<Joining, 'place'> {
  readonly targets: UpstreamTargets;
  readonly log: (line: string) => void;
  /** Once, when it has joined first. */
  readonly onJoined: () => void;
}

const PAUSES = { firstMs: 250, maxMs: 15_000, spread: 0.5 };
/** A connection that lasted so long was a good one. */
const GOOD_MS = 5_000;

/**
 * Joins the gateway, and again whenever the connection is lost, until the signal aborts. Rejects with `Refused` where the
 * gateway does not want it.
 */
export const stayJoined = async (settings: JoinSettings, signal: AbortSignal): Promise<void> => {
  const { targets, log, onJoined, ...joining } = settings;
  const doors = new Map<string, UpstreamDoor>();
  const lines = new Set<GatewayLine>();
  const backoff = new Backoff(PAUSES);
  const place = randomUUID();
  let hasJoined = false;
  try {
    for (const [name, target] of targets) doors.set(name, await UpstreamDoor.open(name, target, joining.env, log));
    while (!signal.aborted) {
      const line = await GatewayLine.open({ ...joining, place }, doors).catch((error: unknown) => {
        if (!(error instanceof Unreachable)) throw error;
        log(maskText(error.message));
        return null;
      });
      if (line === null) {
        await pause(backoff.failed(), signal);
        continue;
      }
      lines.add(line);
      void line.ended.then(() => lines.delete(line));
      log(`joined ${joining.url} as ${[...doors.keys()].join(', ')}`);
      if (!hasJoined) onJoined();
      hasJoined = true;
      const joinedAtMs = performance.now();
      const reason = await leftOrStopped(line, signal);
      if (signal.aborted) break;
      log(`left: ${reason}`);
      if (performance.now() - joinedAtMs > GOOD_MS) backoff.succeeded();
      await pause(backoff.failed(), signal);
    }
  } finally {
    await Promise.all([...lines].map((line) => line.close()));
    await Promise.all([...doors.values()].map((door) => door.close()));
  }
};

/** Listens to the signal no longer than the line is used: a connector joins again and again for months. */
const leftOrStopped = (line: GatewayLine, signal: AbortSignal): Promise<string> =>
  new Promise((resolve) => {
    const stop = (): void => resolve('stopped');
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    void line.left.then((reason) => {
      signal.removeEventListener('abort', stop);
      resolve(reason);
    });
  });
