import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, type OddUpstream, type OddUpstreams, startGateway, startOddUpstreams } from '#libs/testing';

const AT_ONCE = 6;

let odd: OddUpstreams;
beforeAll(async () => {
  odd = await startOddUpstreams();
});
afterAll(() => odd?.stop());

/** What a call gives: its text, or the code of its error. */
type Call = (name: string) => Promise<string | number>;
interface Guest {
  readonly names: readonly string[];
  readonly call: Call;
  close(): Promise<void>;
}

const outcomeOf = async (work: Promise<unknown>): Promise<string | number> => {
  try {
    const { content } = (await work) as { content: readonly { readonly text: string }[] };
    return content[0]?.text ?? '';
  } catch (error) {
    const { code } = error as { code?: number };
    if (code === undefined) throw error;
    return code;
  }
};

const guests: Readonly<Record<string, (gateway: Gateway) => Promise<Guest>>> = {
  'the SDK, version 1': async ({ url, adminToken }) => {
    const client = new FirstClient({ name: 'odd', version: '1.0.0' });
    const requestInit = { headers: { authorization: `Bearer ${adminToken}` } };
    await client.connect(new FirstTransport(new URL(`${url}/mcp`), { requestInit }) as Transport);
    const { tools } = await client.listTools();
    return {
      names: tools.map(({ name }) => name),
      call: (name) => outcomeOf(client.callTool({ name, arguments: {} })),
      close: () => client.close(),
    };
  },
  ...Object.fromEntries(
    (['legacy', 'modern'] as const).map((era) => [
      `the SDK, version 2, ${era}`,
      async (gateway: Gateway): Promise<Guest> => {
        const client = await gateway.client(era);
        const { tools } = await client.listTools();
        return {
          names: tools.map(({ name }) => name),
          call: (name) => outcomeOf(client.callTool({ name, arguments: {} })),
          close: () => client.close(),
        };
      },
    ]),
  ),
};

describe.each(['embedded', 'distributed'] as const)('a gateway with odd upstreams, %s', (mode) => {
  let gateway: Gateway;
  const failures = new Map<OddUpstream, string>();

  beforeAll(async () => {
    gateway = await startGateway({ mode, env: { STDIO_PROCESSES_MAX: '200' } });
    const waiting = [...odd.all];
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const registering = next;
        await gateway.admin
          .register(next.registration)
          .catch(({ message }: Error) => failures.set(registering, message));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  });
  afterAll(() => gateway?.stop());

  it('a gateway with odd upstreams registers each of them', () => {
    expect(odd.all.length).toBeGreaterThan(150);
    expect([...failures].map(([{ registration, conduct }, why]) => [registration.name, conduct.what, why])).toEqual([]);
  });

  it.each(Object.keys(guests))('lists and calls all of them for %s', async (name) => {
    const guest = await (guests[name] as (of: Gateway) => Promise<Guest>)(gateway);
    const wrong: unknown[] = [];
    const waiting = [...odd.all];
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const { conduct, registration } = next;
        const tool = `${registration.toolPrefix}hello`;
        const expected = conduct.code ?? (conduct.empty ? '' : 'hello');
        const found = guest.names.includes(tool) ? await guest.call(tool) : 'is not listed';
        if (found !== expected) wrong.push([registration.name, conduct.what, found]);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    await guest.close();
    expect(wrong, gateway.logs()).toEqual([]);
    expect(guest.names.filter((tool) => tool.endsWith('-hello'))).toHaveLength(odd.all.length);
  });
});
