import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingHttpHeaders, createServer } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { openEventSender } from '#libs/telemetry';
import { OtlpCollector } from '#libs/testing';
import { PROVEN_EXAMPLE, ProvenRecordView } from '../audit.view.js';
import { GENESIS, chained } from '../chain.js';
import { otlpDestination } from './otlp.js';
import { syslogDestination } from './syslog.js';
import { webhookDestination } from './webhook.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const listen = async (server: net.Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
};

const refusedLogin = new ProvenRecordView(
  chained(GENESIS, 'auth', {
    id: 'e2',
    at: '2026-07-28T10:00:01.000Z',
    action: 'login.refused',
    resourceType: 'login',
    resourceId: 'jürgen@example.org',
    resourceName: null,
    actor: null,
    before: null,
    after: { address: '192.0.2.7' },
  }),
);

describe('a syslog receiver', () => {
  /** The messages, cut by their length in bytes. */
  const unframed = (bytes: Buffer): string[] => {
    const messages: string[] = [];
    for (let rest = bytes; rest.length > 0; ) {
      const space = rest.indexOf(' ');
      const end = space + 1 + Number(rest.subarray(0, space).toString());
      messages.push(rest.subarray(space + 1, end).toString());
      rest = rest.subarray(end);
    }
    return messages;
  };

  it('a syslog receiver gets a frame for each record, with severity and action, when it listens', async () => {
    const received: Buffer[] = [];
    const port = await listen(net.createServer((socket) => socket.on('data', (chunk) => received.push(chunk))));
    await syslogDestination(`tcp://127.0.0.1:${port}`, 'host-1').send([PROVEN_EXAMPLE, refusedLogin]);
    const messages = unframed(Buffer.concat(received));
    expect(messages.map((message) => message.slice(0, message.indexOf('\uFEFF')))).toEqual([
      `<109>1 2026-07-28T10:00:00.000Z host-1 switchyard ${process.pid} gateway.changed - `,
      `<108>1 2026-07-28T10:00:01.000Z host-1 switchyard ${process.pid} login.refused - `,
    ]);
    const [, second = ''] = messages.map((message) => message.slice(message.indexOf('\uFEFF') + 1));
    expect(JSON.parse(second)).toEqual(JSON.parse(JSON.stringify(refusedLogin)));
  });

  it.each<[string, (socket: net.Socket) => void]>([
    ['resets the connection', (socket) => void socket.resetAndDestroy()],
    ['does not listen', () => {}],
  ])('a syslog receiver has taken nothing when it %s', async (what, treat) => {
    const server = net.createServer(treat);
    const port = await listen(server);
    if (what === 'does not listen') await new Promise((done) => server.close(done));
    await expect(syslogDestination(`tcp://127.0.0.1:${port}`).send([PROVEN_EXAMPLE])).rejects.toThrow(/ECONN/);
  });

  it('a syslog receiver gets nothing in the clear when it is to be spoken to over TLS', async () => {
    const received: Buffer[] = [];
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        received.push(chunk);
        socket.end('no TLS here');
      });
    });
    const port = await listen(server);
    await expect(syslogDestination(`tls://127.0.0.1:${port}`).send([PROVEN_EXAMPLE])).rejects.toThrow();
    expect(Buffer.concat(received).toString()).not.toContain('gateway.changed');
  });
});

describe('a webhook', () => {
  const given = async (status: number, headers: Record<string, string> = {}) => {
    const received: { headers: IncomingHttpHeaders; body: string }[] = [];
    const server = createServer(async (request, response) => {
      received.push({ headers: request.headers, body: await text(request) });
      response.writeHead(status, headers).end('taken');
    });
    return { received, url: `http://127.0.0.1:${await listen(server)}/hook?key=1` };
  };

  it.each([
    ['a text', 'a long secret of letters', Buffer.from('a long secret of letters')],
    ['base64', `whsec_${Buffer.from('bytes').toString('base64')}`, Buffer.from('bytes')],
  ])('a webhook can tell who has sent the records when its secret is %s', async (_what, secret, key) => {
    const { received, url } = await given(204);
    const webhook = webhookDestination(url, secret);
    const fromSeconds = Math.floor(Date.now() / 1000);
    await webhook.send([PROVEN_EXAMPLE]);
    await webhook.send([PROVEN_EXAMPLE]);
    const [first, again] = received;
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = first?.headers ?? {};
    const signed = createHmac('sha256', key)
      .update(`${String(id)}.${String(at)}.${first?.body}`)
      .digest('base64');
    expect(signature).toBe(`v1,${signed}`);
    expect(Number(at)).toBeGreaterThanOrEqual(fromSeconds);
    expect(Number(at)).toBeLessThanOrEqual(Date.now() / 1000);
    expect(again?.headers['webhook-id']).toBe(id);
    const { records } = JSON.parse(first?.body ?? '') as { records: unknown };
    expect(records).toEqual([JSON.parse(JSON.stringify(PROVEN_EXAMPLE))]);
  });

  it.each([
    [500, {}],
    [410, {}],
    [302, { location: 'http://127.0.0.1:1/elsewhere' }],
  ])('a webhook has taken nothing when it answers %i', async (status, headers) => {
    const { url } = await given(status, headers as Record<string, string>);
    await expect(webhookDestination(url, 'secret').send([PROVEN_EXAMPLE])).rejects.toThrow();
  });
});

describe('a collector of OpenTelemetry', () => {
  const given = async (protocol: 'http/protobuf' | 'grpc', headers: Record<string, string> = {}) => {
    const collector = await OtlpCollector.start();
    closers.push(() => collector.stop());
    const url = protocol === 'grpc' ? collector.grpcUrl : `${collector.url}/v1/logs`;
    const target = { protocol, url, headers, timeoutMs: 60_000, compression: 'none' } as const;
    const resource = { 'service.name': 'switchyard-metrics' };
    return { collector, target, destination: otlpDestination(() => openEventSender({ resource, target })) };
  };

  it.each(['http/protobuf', 'grpc'] as const)(
    'a collector has each record whole, with its severity and who acted, when it is sent by %s',
    async (protocol) => {
      const { collector, destination } = await given(protocol);
      await destination.send([PROVEN_EXAMPLE, refusedLogin]);
      expect(collector.lines).toMatchObject([
        { severity: 'info', attributes: { 'audit.seq': PROVEN_EXAMPLE.seq, 'enduser.id': PROVEN_EXAMPLE.actor.id } },
        { severity: 'warn', resource: { 'service.name': 'switchyard-metrics' } },
      ]);
      expect(collector.lines.map(({ body }) => JSON.parse(body))).toEqual(
        [PROVEN_EXAMPLE, refusedLogin].map((record) => JSON.parse(JSON.stringify(record))),
      );
    },
  );

  it('a collector has taken nothing when it refuses', async () => {
    const { target, collector } = await given('http/protobuf');
    const elsewhere = { ...target, url: `${collector.url}/nothing` };
    const destination = otlpDestination(() => openEventSender({ resource: {}, target: elsewhere }));
    await expect(destination.send([PROVEN_EXAMPLE])).rejects.toThrow();
    expect(collector.lines).toEqual([]);
  });
});
