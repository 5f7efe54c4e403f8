import type { ChildProcess } from 'node:child_process';
import { Writable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLogger } from '#libs/telemetry';
import { type NatsServer, startNatsServer } from '../../../testing/src/nats-server.js';
import { startProcess } from '../../test/start-process.js';
import { Work } from '../../test/work.request.js';
import { type Bus, connectNats } from '../index.js';

const givenServer = async (): Promise<NatsServer> => {
  const server = await startNatsServer();
  onTestFinished(() => server.stop());
  return server;
};

const join = async (server: NatsServer, name: string, lines: string[] = []): Promise<Bus> => {
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const logger = createLogger({ service: 'test', level: 'warn', destination });
  const bus = await connectNats({ servers: server.url, name, logger });
  onTestFinished(() => bus.drain({ graceMs: 0 }));
  return bus;
};

/** Another process, whose time of day is wrong; what it says. */
const givenClockAhead = async (script: 'asker' | 'responder', server: NatsServer, aheadMs: number) => {
  const child: ChildProcess = startProcess(script, server.url, { CLOCK_AHEAD_MS: String(aheadMs) });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => said.push(...chunk.toString().trim().split('\n')));
  if (script === 'responder') await expect.poll(() => said).toContain('ready');
  return said;
};

const MINUTE_MS = 60_000;

describe('the bus between services whose clocks differ', () => {
  it.each([1, -1, 60, -60])(
    'the bus between services whose clocks differ answers and ends calls as ever when one is %d minutes ahead',
    async (minutes) => {
      const server = await givenServer();
      const [asker, said] = await Promise.all([
        join(server, 'ingress'),
        givenClockAhead('responder', server, minutes * MINUTE_MS),
      ]);

      expect((await asker.ask(Work, { forMs: 0 }, { timeoutMs: 60_000 })).head.pid).not.toBe(process.pid);

      const begun = () => said.filter((word) => word === 'began').length;
      const before = begun();
      // Longer, where the machine stood still until it was too late to begin.
      for (let timeoutMs = 700; begun() === before; timeoutMs *= 2) {
        const late = asker.ask(Work, { forMs: 600_000 }, { timeoutMs });
        await expect(late).rejects.toMatchObject({ code: 'bus.timed_out' });
      }
      await expect.poll(() => said).toContain('aborted');
    },
  );

  it.each([45_000, -45_000])(
    'the bus between services whose clocks differ names nobody when the clock of the asker is %d ms ahead',
    async (aheadMs) => {
      const server = await givenServer();
      const lines: string[] = [];
      const answerer = await join(server, 'tool-invocation', lines);
      let asked = 0;
      answerer.answer(Work, async () => {
        asked += 1;
        return { pid: 0, skewedByMs: [] };
      });
      await answerer.flush();
      await givenClockAhead('asker', server, aheadMs);

      await expect.poll(() => asked).toBeGreaterThan(0);
      expect([answerer.skewedClocks, lines]).toEqual([[], []]);
    },
  );

  it.each([90_000, -90_000])(
    'the bus between services whose clocks differ names the asker in the log and to whoever looks when its clock is %d ms ahead',
    async (aheadMs) => {
      const server = await givenServer();
      const lines: string[] = [];
      const answerer = await join(server, 'tool-invocation', lines);
      answerer.answer(Work, async () => ({ pid: 0, skewedByMs: [] }));
      await answerer.flush();
      await givenClockAhead('asker', server, aheadMs);

      await expect.poll(() => answerer.skewedClocks).toMatchObject([{ service: 'ingress' }]);
      expect(Math.abs((answerer.skewedClocks[0]?.aheadMs ?? 0) - aheadMs)).toBeLessThan(25_000);
      expect(lines).toMatchObject([expect.stringContaining('the clock of another service differs from this one')]);
    },
  );
});
