import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startGateway, temporaryFolder } from '#libs/testing';
import { inspector } from './parties/inspector.js';
import { mcpRemote } from './parties/mcp-remote.js';
import { ELICITED, type Party, SAMPLED, type Target } from './parties/party.js';
import { type EverythingServer, startEverything, stdioServers } from './parties/reference-servers.js';
import { sdkV1OverStdio } from './parties/sdk-v1.js';
import { sdkV1 } from './parties/sdk-v1-http.js';
import { sdkV2 } from './parties/sdk-v2.js';

interface Guest {
  readonly join: (target: Target) => Promise<Party>;
  /** What it has to end up with, where it tells. */
  readonly revision?: string;
}

/** They answer what a server asks them. */
const conversing: Readonly<Record<string, Guest>> = {
  'the SDK, version 1': { join: sdkV1, revision: '2025-11-25' },
  'the SDK, version 2, legacy': { join: sdkV2('legacy'), revision: '2025-11-25' },
  'the SDK, version 2, auto': { join: sdkV2('auto'), revision: '2026-07-28' },
  'the SDK, version 2, modern': { join: sdkV2('modern'), revision: '2026-07-28' },
  'mcp-remote': { join: mcpRemote },
};

const guests: Readonly<Record<string, Guest>> = {
  ...conversing,
  'the Inspector, legacy': { join: inspector('legacy') },
  'the Inspector, auto': { join: inspector('auto') },
  'the Inspector, modern': { join: inspector('modern') },
};

const folder = temporaryFolder('parties');
const letter = path.join(folder, 'letter.txt');
writeFileSync(letter, 'Dear reader');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(['embedded', 'distributed'] as const)('real parties, %s', (mode) => {
  let gateway: Gateway;
  let target: Target;
  let offered: readonly string[];
  /** Server-everything has tools for clients that can be asked alone. */
  let offeredUnasked: readonly string[];
  const upstreams: EverythingServer[] = [];
  let party: Party | undefined;

  beforeAll(async () => {
    gateway = await startGateway({ mode, replicas: 2 });
    const servers = stdioServers(folder);
    const registered = [];
    for (const { name, args, env } of servers) {
      registered.push(await gateway.admin.register({ name, transport: 'STDIO', command: process.execPath, args, env }));
    }
    const { id } = await gateway.admin.createServer('stdio', registered);
    target = { url: `${gateway.url}/servers/${id}/mcp`, token: gateway.adminToken, home: folder };
    offered = (await Promise.all(servers.map((server) => offeredBy(server, true)))).flat();
    offeredUnasked = (await Promise.all(servers.map((server) => offeredBy(server, false)))).flat();
  });
  afterEach(async () => {
    await party?.close();
    party = undefined;
  });
  afterAll(async () => {
    await gateway?.stop();
    await Promise.all(upstreams.map((upstream) => upstream.stop()));
  });

  const join = async (name: string, at: Target): Promise<Party> => {
    const guest = guests[name] as Guest;
    party = await guest.join(at);
    expect(party.revision).toBe(guest.revision);
    return party;
  };

  it.each(Object.keys(guests))('%s lists and calls the tools of the reference servers', async (name) => {
    const client = await join(name, target);
    const listed = await client.listTools();
    const missing = offered.filter((tool) => !listed.includes(tool));
    expect(listed.filter((tool) => !offered.includes(tool))).toEqual([]);
    // The Inspector answers little: once a process of its own has told what it lists, that is what it is shown.
    const mayMiss = name in conversing ? [] : offered.filter((tool) => !offeredUnasked.includes(tool));
    expect(
      missing.filter((tool) => !mayMiss.includes(tool)),
      gateway.logs(),
    ).toEqual([]);
    expect(await client.callTool('everything-echo', { message: `hello from ${name}` })).toBe(
      `Echo: hello from ${name}`,
    );
    expect(await client.callTool('filesystem-read_text_file', { path: letter })).toBe('Dear reader');
    const entity = { name: `${mode} ${name}`, entityType: 'party', observations: [`was here, ${mode}`] };
    await client.callTool('memory-create_entities', { entities: [entity] });
    expect(JSON.parse(await client.callTool('memory-open_nodes', { names: [entity.name] }))).toMatchObject({
      entities: [entity],
    });
  });

  describe.each(['stdio', 'http', 'sse'] as const)('server-everything over %s', (transport) => {
    const prefix = transport === 'stdio' ? 'everything-' : `${transport}-`;
    let at: Target;

    beforeAll(async () => {
      at = target;
      if (transport === 'stdio') return;
      const upstream = await startEverything(transport === 'sse' ? 'sse' : 'streamableHttp');
      upstreams.push(upstream);
      const registered = await gateway.admin.register({
        name: `everything over ${transport}`,
        url: upstream.url,
        transport: transport === 'sse' ? 'SSE' : 'STREAMABLEHTTP',
        toolPrefix: prefix,
      });
      const { id } = await gateway.admin.createServer(transport, [registered]);
      at = { ...target, url: `${gateway.url}/servers/${id}/mcp` };
    });

    it.each(Object.keys(conversing))('server-everything asks %s, which answers', async (name) => {
      const client = await join(name, at);
      expect(await client.callTool(`${prefix}get-sum`, { a: 2, b: 3 })).toContain('5');
      expect(await client.callTool(`${prefix}trigger-elicitation-request`, {}), gateway.logs()).toContain(
        `- Name: ${ELICITED.name}`,
      );
      expect(await client.callTool(`${prefix}trigger-sampling-request`, { prompt: 'Speak' }), gateway.logs()).toContain(
        SAMPLED,
      );
    });
  });
});

/** As the gateway has to name it. */
const offeredBy = async (
  { name, args, env }: ReturnType<typeof stdioServers>[number],
  canBeAsked: boolean,
): Promise<string[]> => {
  const direct = await sdkV1OverStdio(args, env, canBeAsked);
  const tools = await direct.listTools();
  await direct.close();
  return tools.map((tool) => `${name}-${tool}`);
};
