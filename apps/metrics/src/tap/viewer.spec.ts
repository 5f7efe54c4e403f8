import { expect, it } from 'vitest';
import { aCall, calls } from '../../test/call-records.js';
import { SHOWN_PER_SECOND_MAX, TapViewer } from './viewer.js';

const told = (viewer: TapViewer): { readonly event: string; readonly data: Record<string, unknown> }[] =>
  String(viewer.read() ?? '')
    .split('\n\n')
    .flatMap((text) => {
      const [, event = '', data = ''] = /^event: (\w+)\ndata: (.*)$/s.exec(text) ?? [];
      return event === '' ? [] : [{ event, data: JSON.parse(data) as Record<string, unknown> }];
    });

it('a viewer counts the calls beyond what is shown in a second when there are many', () => {
  const viewer = new TapViewer(() => true, false);
  for (const call of calls(SHOWN_PER_SECOND_MAX + 3)) viewer.offer(call);
  expect(told(viewer).filter(({ event }) => event === 'call')).toHaveLength(SHOWN_PER_SECOND_MAX);
  viewer.tick();
  expect(told(viewer)).toEqual([{ event: 'missed', data: { count: 3 } }]);
  viewer.offer(aCall({ callId: 'next' }));
  expect(told(viewer)).toMatchObject([{ event: 'call', data: { id: 'next' } }]);
});

it('a viewer is let go after half a minute, with a bounded store, when it reads nothing', () => {
  const viewer = new TapViewer(() => true, false);
  for (let second = 0; second < 100 && !viewer.destroyed; second++) {
    for (const call of calls(SHOWN_PER_SECOND_MAX)) viewer.offer(call);
    expect(viewer.readableLength).toBeLessThan(300_000);
    viewer.tick();
  }
  expect(viewer.destroyed).toBe(true);
});

it('a viewer is told that the stream stands when nothing happens', () => {
  const viewer = new TapViewer(() => true, false);
  viewer.read();
  for (let second = 0; second < 15; second++) viewer.tick();
  expect(String(viewer.read())).toBe(':\n\n');
});

it('a viewer sees nobody when it asks for that', () => {
  const viewer = new TapViewer(() => true, true);
  viewer.offer(aCall({ callId: 'one', tokenId: 'jti' }));
  const [shown] = told(viewer);
  expect(shown?.data).toMatchObject({ id: 'one', user: null, tokenId: null, client: null, address: null });
  expect(JSON.stringify(shown)).not.toMatch(/dev@example|jti|test-client|192\.0\.2/);
});

it('a viewer is told of state once a second, of all topics at once, when they change more often', () => {
  const viewer = new TapViewer(() => true, false);
  for (const topic of ['gateways', 'catalog', 'gateways', 'catalog'] as const) viewer.offerState(topic);
  expect(told(viewer)).toEqual([{ event: 'state', data: { topics: ['gateways'] } }]);
  viewer.tick();
  expect(told(viewer)).toEqual([{ event: 'state', data: { topics: ['catalog', 'gateways'] } }]);
  viewer.tick();
  viewer.tick();
  expect(told(viewer)).toEqual([]);
});

it('a viewer whose stream has ended is told nothing more, and is let go when it does not read to the end', () => {
  const viewer = new TapViewer(() => true, false);
  const errors: Error[] = [];
  viewer.on('error', (error) => errors.push(error));
  for (const call of calls(SHOWN_PER_SECOND_MAX + 1)) viewer.offer(call);
  for (const topic of ['gateways', 'catalog'] as const) viewer.offerState(topic);
  viewer.finish('rights_changed');
  viewer.tick();
  expect([viewer.errored, viewer.destroyed]).toEqual([null, false]);
  for (let second = 0; second < 100; second++) viewer.tick();
  expect([viewer.errored, viewer.destroyed]).toEqual([null, true]);
  expect(errors).toEqual([]);
});
