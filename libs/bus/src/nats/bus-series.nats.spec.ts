import { expect, it, onTestFinished } from 'vitest';
import { defineRequest } from '#libs/contracts';
import { fail } from '#libs/errors';
import { createLogger, renderPrometheus } from '#libs/telemetry';
import { startNatsServer } from '../../../testing/src/nats-server.js';
import { connectNats } from '../index.js';

const Echo = defineRequest<{ ok: boolean }, { ok: boolean }>('registry', 'series.return', { deadlineMs: 10_000 });
const SUBJECT = 'switchyard.v1.rpc.registry.series.return';

it('Prometheus tells how long requests over NATS took, what they failed of and how many are under way when it scrapes', async () => {
  const server = await startNatsServer();
  onTestFinished(() => server.stop());
  const logger = createLogger({ service: 'test', level: 'silent' });
  const joined = (name: string) => connectNats({ servers: server.url, name, logger });
  const [asker, answerer] = await Promise.all([joined('ingress'), joined('registry')]);
  const { promise: hold, resolve: release } = Promise.withResolvers<void>();
  answerer.answer(Echo, async ({ ok }) => {
    if (!ok) throw fail('upstream.busy');
    await hold;
    return { ok };
  });
  await answerer.flush();

  const asked = asker.ask(Echo, { ok: true });
  await expect(asker.ask(Echo, { ok: false })).rejects.toMatchObject({ code: 'upstream.busy' });
  const during = await renderPrometheus();
  expect(during).toMatch(/^bus_requests_waiting 1$/m);
  expect(during).toMatch(/^bus_requests_in_hand 1$/m);
  release();
  await asked;
  const text = await renderPrometheus();
  expect(text).toContain(`bus_request_duration_seconds_count{subject="${SUBJECT}"} 1`);
  expect(text).toContain(`bus_request_duration_seconds_count{subject="${SUBJECT}",error_type="upstream.busy"} 1`);

  await Promise.all([asker.drain({ graceMs: 0 }), answerer.drain({ graceMs: 0 })]);
  expect(await renderPrometheus()).not.toMatch(/^bus_requests_waiting \d/m);
});
