import { describe, expect, it } from 'vitest';
import { fail, type GatewayError } from '#libs/errors';
import type { IncomingResult } from '#libs/mcp';
import { staleness } from '../../call/stale.js';
import type { Access, Channel, ChannelEvents, Transport } from '../channel.js';
import { Exchange } from '../exchange.js';
import type { HttpTransport } from '../streamable-http/transport.js';
import { AddressBook } from './address-book.js';
import { SpreadHttpTransport, SpreadSseTransport } from './spread-transport.js';

const ACCESS: Access = { version: '1', headers: [], env: {}, redact: (text) => text };

/** A channel that keeps what it is sent, and says so when it is closed, as a stream does. */
class Line implements Channel {
  closed = false;
  readonly sessionful = true;
  readonly hasCommonStream = true;
  protocolVersion: string | undefined;
  readonly sent: Exchange[] = [];

  constructor(readonly events: ChannelEvents) {}

  request(exchange: Exchange): void {
    this.sent.push(exchange);
  }

  async post(): Promise<void> {}
  async listen(): Promise<void> {}

  async close(): Promise<void> {
    this.closed = true;
    this.events.closed(fail('upstream.closed'));
  }
}

/** Two addresses, `a` first, and what is open at each. */
const given = () => {
  const lines = new Map<string, Line>();
  const book = new AddressBook<Transport>(
    ['a', 'b'].map((url, priority) => {
      const channel = (_access: Access, events: ChannelEvents): Line => {
        const line = new Line(events);
        lines.set(url, line);
        return line;
      };
      const transport = { channel, open: async (access: Access, events: ChannelEvents) => channel(access, events) };
      return { url, priority, weight: 100, line: { ...transport, close: async () => {} } };
    }),
  );
  const told: string[] = [];
  const events: ChannelEvents = {
    received: () => {},
    answeredLate: () => {},
    invalidated: () => {},
    closed: ({ code }) => void told.push(code),
  };
  const at = (url: string): Line => lines.get(url) ?? expect.unreachable();
  const failures = () => book.addresses.map((address) => address.failures);
  return { book, events, told, at, failures };
};

let lastId = 0;
const exchangeOf = (opensSession = false) => {
  const id = ++lastId;
  const outcome: { answered: boolean; error?: GatewayError } = { answered: false };
  const sink = {
    answered: () => void (outcome.answered = true),
    notified: () => {},
    requested: () => {},
    failed: (error: GatewayError) => void (outcome.error = error),
  };
  const exchange = new Exchange(id, '{}', [], sink, opensSession);
  const answer = () => exchange.receive({ kind: 'result', id, text: '{}', result: {} } as unknown as IncomingResult);
  return { exchange, outcome, answer };
};

describe('HTTP+SSE to several addresses', () => {
  it('an address has not failed when the gateway itself closes its streams', async () => {
    const { book, events, told, failures } = given();
    const transport = new SpreadSseTransport(book);
    for (let streams = 0; streams < 3; streams++) await (await transport.open(ACCESS, events)).close();
    expect(failures()).toEqual([0, 0]);
    expect(told).toEqual(['upstream.closed', 'upstream.closed', 'upstream.closed']);
  });

  it('an address has failed when its stream ends by itself', async () => {
    const { book, events, at, failures } = given();
    await new SpreadSseTransport(book).open(ACCESS, events);
    at('a').events.closed(fail('upstream.closed'));
    expect(failures()).toEqual([1, 0]);
  });
});

describe('a session over Streamable HTTP at one of several addresses', () => {
  const givenSession = async () => {
    const { book, events, told, at } = given();
    const channel = await new SpreadHttpTransport(book as unknown as AddressBook<HttpTransport>).open(ACCESS, events);
    const opening = exchangeOf(true);
    channel.request(opening.exchange);
    opening.answer();
    const eject = () => {
      for (let failures = 0; failures < 2; failures++) book.failed(book.addresses[0] ?? expect.unreachable(), 'away');
    };
    return { channel, told, at, eject };
  };

  it('a call that runs is answered when its address is ejected, and the session is closed after it', async () => {
    const { channel, told, at, eject } = await givenSession();
    const [running, next, later] = [exchangeOf(), exchangeOf(), exchangeOf()];
    channel.request(running.exchange);
    eject();
    channel.request(next.exchange);
    channel.request(later.exchange);
    for (const { outcome } of [next, later]) expect(outcome.error && staleness(outcome.error)).toBe('session');
    expect(told).toEqual(['upstream.session_lost']);
    expect(channel.closed).toBe(true);
    expect(at('a').closed).toBe(false);
    expect(running.outcome).toEqual({ answered: false });
    running.answer();
    expect(running.outcome).toEqual({ answered: true });
    expect(at('a').closed).toBe(true);
    expect(told).toEqual(['upstream.session_lost']);
  });

  it('a lost session is closed at once when nothing runs in it, or when whoever has it closes it', async () => {
    const idle = await givenSession();
    idle.eject();
    idle.channel.request(exchangeOf().exchange);
    expect(idle.at('a').closed).toBe(true);
    const busy = await givenSession();
    busy.channel.request(exchangeOf().exchange);
    busy.eject();
    busy.channel.request(exchangeOf().exchange);
    await busy.channel.close();
    expect(busy.at('a').closed).toBe(true);
  });
});
