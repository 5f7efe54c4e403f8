import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, spawnSource } from '#libs/testing';

/** The metrics service in a process of its own, to be killed. */
export interface MetricsProcess {
  kill(): Promise<void>;
}

export const startMetricsProcess = async (env: Record<string, string>): Promise<MetricsProcess> => {
  const port = await freePort();
  const child = spawnSource(new URL('../src/main.ts', import.meta.url), [], {
    ...process.env,
    LOG_LEVEL: 'fatal',
    ...env,
    PORT: String(port),
  });
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => null);
    if (answer?.status === 200) break;
    if (child.exitCode !== null || tries > 600) throw new Error('the metrics process does not become ready');
    await sleep(50);
  }
  return {
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
};
