import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CredentialRevoked } from '#contracts/auth/credential-revoked.event';
import { StateChanged } from '#contracts/registry/state-changed.event';
import type { CallRecord } from '#contracts/metrics/record-calls.request';
import { CallsSeen, CallsWatched } from '#contracts/metrics/tap.signal';
import { TapViewer } from '../src/tap/viewer.js';
import { aCall } from './call-records.js';
import { type MetricsService, startMetrics } from './metrics-service.js';

/** A stream of `GET /tap`, as far as it has come. */
class Tap {
  text = '';
  hasEnded = false;

  constructor(
    readonly response: Response,
    private readonly aborting: AbortController,
  ) {
    void this.read();
  }

  get topics(): string[] {
    return [...this.text.matchAll(/^event: state\ndata: (.*)$/gm)].flatMap(
      ([, data = '']) => (JSON.parse(data) as { topics: string[] }).topics,
    );
  }

  /** The ids of the calls that were shown. */
  get ids(): string[] {
    return [...this.text.matchAll(/^event: call\ndata: (.*)$/gm)].map(
      ([, data = '']) => (JSON.parse(data) as { id: string }).id,
    );
  }

  stop(): void {
    this.aborting.abort();
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body ?? []) this.text += decoder.decode(chunk, { stream: true });
    } catch {
      // Stopped by the test.
    }
    this.hasEnded = true;
  }
}

describe('calls as they happen', () => {
  let metrics: MetricsService;
  const taps: Tap[] = [];

  beforeAll(async () => {
    metrics = await startMetrics();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    for (const tap of taps) tap.stop();
    await expect.poll(() => taps.every(({ hasEnded }) => hasEnded)).toBe(true);
    taps.length = 0;
  });
  afterAll(async () => {
    await metrics?.stop();
  });

  const watch = async (query = '', token = 'admin'): Promise<Tap> => {
    const aborting = new AbortController();
    const response = await fetch(`${metrics.running.url}/v1/tap${query}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: aborting.signal,
    });
    expect(response.status).toBe(200);
    const tap = new Tap(response, aborting);
    taps.push(tap);
    return tap;
  };

  it('GET /tap shows each viewer what it asks for, of what it may see, when calls are recorded', async () => {
    const all = await watch();
    const searches = await watch('?name=*_search&outcome=ok');
    const own = await watch('', 'member');
    const ofToken = await watch('', 'narrowed-member');
    expect(all.response.headers.get('content-type')).toContain('text/event-stream');
    await metrics.record([
      aCall({ callId: 'a', name: 'web_search' }),
      aCall({ callId: 'b', name: 'web_search', outcome: 'error' }),
      aCall({ callId: 'c', principalId: 'member', tokenId: 'another' }),
      aCall({ callId: 'd', principalId: 'member', tokenId: 'own' }),
    ]);
    await expect
      .poll(() => [all.ids, searches.ids, own.ids, ofToken.ids])
      .toEqual([['a', 'b', 'c', 'd'], ['a'], ['c', 'd'], ['d']]);
  });

  it('GET /tap tells of state whoever asks for that and may ask what has changed, when the registry says so', async () => {
    const admin = await watch('?state=true');
    const member = await watch('?state=true', 'member');
    const silent = await watch();
    metrics.bus.publish(StateChanged, { topic: 'gateways' });
    await expect.poll(() => admin.topics).toEqual(['gateways']);
    metrics.bus.publish(StateChanged, { topic: 'catalog' });
    await expect.poll(() => [admin.topics, member.topics]).toEqual([['gateways', 'catalog'], ['catalog']]);
    expect(silent.topics).toEqual([]);
  });

  it.each([
    ['another user is asked for by who sees their own calls alone', '?user=dev@example.com', 'member', 403],
    ['an outcome is asked for that there is not', '?outcome=fine', 'admin', 422],
    ['something else is asked for', '?since=2026-07-28T00:00:00Z', 'admin', 422],
    ['nobody is known', '', 'nobody', 401],
  ])('GET /tap refuses when %s', async (_when, query, token, status) => {
    const response = await metrics.get(`/tap${query}`, token);
    expect(response.status).toBe(status);
    await response.body?.cancel();
  });

  it('a stream ends and says so when the token of its viewer is revoked', async () => {
    const tap = await watch('', 'narrowed-member');
    metrics.bus.publish(CredentialRevoked, { tokenId: 'own' });
    // Auth still vouches for it: nothing has changed, and the stream goes on.
    await metrics.record([aCall({ callId: 'still', principalId: 'member', tokenId: 'own' })]);
    await expect.poll(() => tap.ids).toEqual(['still']);
    metrics.forget('narrowed-member');
    metrics.bus.publish(CredentialRevoked, { tokenId: 'own' });
    await expect.poll(() => tap.text).toContain('event: end\ndata: {"reason":"rights_changed"}');
    await expect.poll(() => tap.hasEnded).toBe(true);
  });

  it('other instances are told of calls when somebody watches there, and of none otherwise', async () => {
    const seen: string[] = [];
    const listening = metrics.bus.subscribe(CallsSeen, ({ by, records }) => {
      if (by === metrics.bus.instance) seen.push(...records.map(({ callId }: CallRecord) => callId));
    });
    await metrics.record([aCall({ callId: 'unwatched' })]);
    metrics.bus.signal(CallsWatched, { by: 'another' });
    await metrics.record([aCall({ callId: 'watched' })]);
    await expect.poll(() => seen).toEqual(['watched']);
    listening.close();

    const tap = await watch('?name=elsewhere');
    metrics.bus.signal(CallsSeen, { by: 'another', records: [aCall({ callId: 'there', name: 'elsewhere' })] });
    await expect.poll(() => tap.ids).toEqual(['there']);
  });

  it('a call is shown once when its batch is brought a second time, here or to another instance', async () => {
    const tap = await watch();
    const batch = [aCall({ callId: 'once' })];
    await metrics.record(batch);
    await metrics.record(batch);
    metrics.bus.signal(CallsSeen, { by: 'another', records: [...batch, aCall({ callId: 'then' })] });
    await expect.poll(() => tap.ids).toEqual(['once', 'then']);
  });

  it('calls are recorded, and shown to others, when one viewer fails', async () => {
    const broken = await watch('?name=broken');
    const sound = await watch();
    const offer = vi.spyOn(TapViewer.prototype, 'offer').mockImplementationOnce(() => {
      throw new Error('broken');
    });
    expect(await metrics.record([aCall({ callId: 'unharmed' })])).toBe(1);
    expect(offer).toHaveBeenCalledTimes(2);
    await expect.poll(() => sound.ids).toEqual(['unharmed']);
    await expect.poll(() => broken.hasEnded).toBe(true);
  });

  it('GET /tap refuses one caller alone when they watch eight times already', async () => {
    const own = await Promise.all(Array.from({ length: 8 }, () => watch()));
    const refused = await metrics.get('/tap', 'admin-of-a-team');
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'http.rate_limited' });
    await watch('', 'member');
    own[0]?.stop();
    await expect.poll(() => own[0]?.hasEnded).toBe(true);
    await expect
      .poll(async () => {
        const again = await metrics.get('/tap');
        await again.body?.cancel();
        return again.status;
      })
      .toBe(200);
  });
});
