import { setTimeout as pause } from 'node:timers/promises';
import { isSameProcess } from '#libs/config';
import { CommandFailure } from '../../terminal/failure.js';
import type { RunningGateway } from '../../local/running-gateways.js';

/** Longer than a gateway may take that finishes what it has begun. */
const WAIT_MS = 60_000;
const LOOK_MS = 50;
const ANSWERS_WITHIN_MS = 2_000;

/** Has the gateway stop in order, as Ctrl-C does, and waits until its process has ended: this very one, and no other. */
export const stopGateway = async (gateway: RunningGateway): Promise<void> => {
  // Where the system does not say when a process began, another one may have the number by now.
  if (gateway.startedAt === null && !(await answers(gateway.url)))
    throw new CommandFailure(`process ${gateway.pid} may be another one by now: nothing answers at ${gateway.url}`);
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

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/health`, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) }).then(
    ({ ok }) => ok,
    () => false,
  );
