import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import type { AddressChecks } from '../conversation/address-checks.js';
import { PresentUpstreamCredential } from '#contracts/auth/upstream-credential.request';
import { LocalBus } from '#libs/bus';
import { parseConfig } from '#libs/config';
import { fail } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { JoinedConnectors } from '../connectors/joined-connectors.js';
import { toolInvocationOptions } from '../tool-invocation.config.js';
import { settingsOf } from '../tool-invocation.settings.js';
import { UpstreamDirectory } from './upstream-directory.js';

it('the directory finds an ejected address back when it answers and no credential can be had', async () => {
  const server = createServer((_request, response) => void response.writeHead(401).end()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  const bus = new LocalBus();
  bus.join('auth').answer(PresentUpstreamCredential, async () => {
    throw fail('upstream.consent_needed');
  });
  const settings = settingsOf(parseConfig(toolInvocationOptions, {}), { embedded: true, dataDir: '.switchyard' });
  const logger = createLogger({ service: 'tool-invocation', level: 'silent' });
  const member = bus.join('tool-invocation');
  const directory = new UpstreamDirectory(member, settings, logger, new JoinedConnectors(member, settings));
  try {
    const upstream = directory.adopt({
      id: 'upstream',
      name: 'upstream',
      slug: 'upstream',
      version: '1',
      transport: 'STREAMABLEHTTP',
      url,
      addresses: [{ url, priority: 1, weight: 100 }],
      command: null,
      args: [],
      timeoutMs: null,
      concurrencyMax: null,
    });
    const states = () => upstream.dialer.addresses?.book.standings().map(({ state }) => state);
    const { book } = (upstream.dialer.addresses ?? expect.unreachable()) as AddressChecks<unknown>;
    for (let failures = 0; failures < 2; failures++) book.failed(book.addresses[0] ?? expect.unreachable(), 'away');
    expect(states()).toEqual(['ejected', 'active']);
    await directory.onSilent(upstream);
    expect(states()).toEqual(['active', 'active']);
  } finally {
    await directory.close();
    server.close();
  }
});
