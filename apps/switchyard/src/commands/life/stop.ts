import { setTimeout as pause } from 'node:timers/promises';
import { isSameProcess } from '#libs/config';
import { CommandFailure } from '../../terminal/failure.js';
import type { RunningGateway } from '../../local/running-gateways.js';

/** Longer than a gateway may take that finishes what it has begun. */
const WAIT_MS = 60_000;
const LOOK_MS = 50;

/** Has the gateway stop in order, as Ctrl-C does, and waits until its process has ended: this very one, and no other. */
export const stopGateway = async (gateway: RunningGateway): Promise<void> => {
  try {
    process.kill(gateway.pid, 'SIGTERM');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return;
    throw new CommandFailure(`process ${gateway.pid} cannot be told to stop (${code}): it is another user’s`);
  }
  const endsAtMs = performance.now() + WAIT_MS;
  while (isSameProcess(gateway)) {
    if (performance.now() > endsAtMs)
      throw new CommandFailure(`process ${gateway.pid} has not ended after ${WAIT_MS / 1_000} s; see switchyard logs`);
    await pause(LOOK_MS);
  }
};
