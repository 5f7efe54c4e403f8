import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConnectorConnection } from '#contracts/tool-invocation/connectors/connector-connection';
import type { AskOptions, Bus } from '#libs/bus';
import { fail } from '#libs/errors';
import { JoinedConnectors } from '../../connectors/joined-connectors.js';
import { Exchange } from '../exchange.js';
import { AnswerReader, type AnswerReaderOptions } from '../http/answer-reader.js';
import { ConnectorDispatcher } from './dispatcher.js';

const connectionOf = (id: string): ConnectorConnection => ({
  id,
  instance: 'i',
  connectorId: 'c',
  names: ['weather'],
  place: 'here',
  zone: null,
  since: '2026-11-30T00:00:00.000Z',
  latencyMs: 1,
});

const READING = {
  bytesMax: 1_000,
  presented: false,
  onRedirect: () => false,
  onUnauthorised: () => false,
  onScopesMissing: () => false,
  onCutOff: () => false,
} as unknown as AnswerReaderOptions;

type Asked = AskOptions<unknown>;

/** A call to an upstream behind connectors, on a bus that answers as `answer` says. */
const givenCall = (joined: (connectors: JoinedConnectors) => void, answer: (asked: Asked) => Promise<unknown>) => {
  const asked: Asked[] = [];
  const bus = {
    subscribe: () => ({ close: () => {} }),
    onReconnect: () => ({ close: () => {} }),
    ask: (_contract: unknown, _request: unknown, options: Asked) => {
      asked.push(options);
      return answer(options);
    },
  } as unknown as Bus;
  const connectors = new JoinedConnectors(bus, { zone: '' });
  joined(connectors);
  const failures: { readonly code: string; readonly executed?: string }[] = [];
  const sink = { failed: (error: never) => void failures.push(error) };
  const exchange = new Exchange(1, '{}', [], sink as unknown as ConstructorParameters<typeof Exchange>[3]);
  const reader = new AnswerReader({ exchange, path: '/', redirects: 0, tokenId: undefined }, READING);
  new ConnectorDispatcher('weather', bus, connectors).dispatch(
    { path: '/', method: 'POST', body: '{}', timeLeftMs: 10_000 },
    reader,
  );
  return { asked, connectors, exchange, failures };
};

/** Its connector has left a moment ago. */
const lately = (connectors: JoinedConnectors): void => {
  connectors.joined(connectionOf('old'));
  connectors.forget('old');
};

describe('a call by way of a connector', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('ConnectorDispatcher sends nothing when the call was given up before the connector joined again', async () => {
    const { asked, connectors, exchange } = givenCall(lately, () => new Promise(() => {}));
    await vi.advanceTimersByTimeAsync(100);
    exchange.abandon();
    expect(exchange.executed).toBe('no');
    connectors.joined(connectionOf('new'));
    await vi.advanceTimersByTimeAsync(100);
    expect(asked).toEqual([]);
  });

  it('ConnectorDispatcher has an unknown outcome and gives the request up when the call ends before a frame came', async () => {
    const { asked, exchange } = givenCall(
      (connectors) => connectors.joined(connectionOf('one')),
      () => new Promise(() => {}),
    );
    await vi.advanceTimersByTimeAsync(1);
    exchange.abandon();
    expect(exchange.executed).toBe('unknown');
    expect(asked.map(({ signal }) => signal?.aborted)).toEqual([true]);
  });

  it('ConnectorDispatcher leaves the connector only the time that is left when it has waited for it', async () => {
    const { asked, connectors } = givenCall(lately, () => new Promise(() => {}));
    await vi.advanceTimersByTimeAsync(2_000);
    connectors.joined(connectionOf('new'));
    await vi.advanceTimersByTimeAsync(0);
    expect(asked[0]?.timeoutMs).toBeCloseTo(9_000, -1);
  });

  it('ConnectorDispatcher says that nothing was executed when no connector took the request', async () => {
    const { asked, failures } = givenCall(
      (connectors) => ['one', 'two'].forEach((id) => connectors.joined(connectionOf(id))),
      () => Promise.reject(fail('upstream.unreachable', { executed: 'no' })),
    );
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toHaveLength(2);
    expect(failures).toMatchObject([{ code: 'upstream.unreachable', executed: 'no' }]);
  });

  it('ConnectorDispatcher waits for the connector to join again when it left as it was asked', async () => {
    let leave = (): void => {};
    const { asked, connectors, failures } = givenCall(
      (joined) => {
        joined.joined(connectionOf('old'));
        leave = () => joined.forget('old');
      },
      () => {
        leave();
        return asked.length > 1
          ? new Promise(() => {})
          : Promise.reject(fail('upstream.unreachable', { executed: 'no' }));
      },
    );
    await vi.advanceTimersByTimeAsync(500);
    connectors.joined(connectionOf('new'));
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toHaveLength(2);
    expect(failures).toEqual([]);
  });
});
