import { rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { type Gateway, type McpDouble, freePort, startGateway, startMcpDouble, temporaryFolder } from '#libs/testing';
import { BrowserPerson } from './sign-in/browser-person.js';
import { OAuthClient } from './sign-in/oauth-client.js';
import { Person } from './sign-in/person.js';
import { aiSdk } from './survival/ai-sdk.js';
import { inspector, mcpRemote } from './survival/programs.js';
import { sdkV1 } from './survival/sdk-v1.js';
import { sdkV2 } from './survival/sdk-v2.js';
import type { SignedInClient, SignIn } from './survival/signing.js';

const ADMIN = 'admin@example.com';
const PASSWORD = 'correct horse battery staple 7';
const CLIENTS: Readonly<Record<string, SignIn>> = {
  'mcp-remote': mcpRemote,
  'the Inspector': inspector,
  'SDK 1': sdkV1,
  'SDK 2': sdkV2,
  'the AI SDK': aiSdk,
};
/** What those say that do not ask their person for more where a token covers too little. */
const SAY_SO: Readonly<Record<string, RegExp>> = {
  'the Inspector': /auth\(\) returned AUTHORIZED without authorization code/,
  'SDK 1': /403 after trying upscoping/,
  'the AI SDK': /needs the permission tools\.execute/,
};
const MODES = ['embedded', 'distributed'] as const;
const CASES = MODES.flatMap((mode) => Object.keys(CLIENTS).map((name) => ({ mode, name })));

let upstream: McpDouble;
let browser: BrowserPerson;
const gateways = new Map<string, Gateway>();
const clients = new Map<string, SignedInClient>();
const homes: string[] = [];

/** The person of one client: whether they are there, what they leave out, and the pages that they were sent to. */
class PersonBeside {
  isThere = true;
  but: readonly string[] = [];
  readonly sentTo: string[] = [];
  private wanted = Promise.withResolvers<'asked'>();

  /** Resolves when the client asks for them next. */
  asked(): Promise<'asked'> {
    this.wanted = Promise.withResolvers();
    return this.wanted.promise;
  }

  readonly open = async (address: string): Promise<unknown> => {
    this.sentTo.push(address);
    this.wanted.resolve('asked');
    if (!this.isThere) return new Promise(() => {});
    return browser.allow(address, new URL(address).searchParams.get('redirect_uri') ?? '', this.but);
  };
}
const people = new Map<string, PersonBeside>();

beforeAll(async () => {
  upstream = await startMcpDouble({
    name: 'up',
    tools: [{ name: 'echo', description: 'says hello', inputSchema: { type: 'object' } }],
    call: () => '"content":[{"type":"text","text":"hello"}]',
  });
  browser = await BrowserPerson.arrive(ADMIN, PASSWORD);
  for (const mode of MODES) {
    const port = await freePort();
    const env = {
      PLATFORM_ADMIN_FIRST_PASSWORD: PASSWORD,
      OAUTH_ACCESS_TOKEN_MINUTES: '1',
      PUBLIC_URL: `http://127.0.0.1:${port}`,
    };
    const gateway = await startGateway(
      mode === 'embedded' ? { mode, env: { ...env, PORT: String(port) } } : { mode, env, frontPort: port },
    );
    gateways.set(mode, gateway);
    await gateway.admin.register({ name: 'up', url: upstream.url, transport: 'STREAMABLEHTTP', visibility: 'public' });
  }
});
afterAll(async () => {
  for (const client of clients.values()) await client.close();
  for (const gateway of gateways.values()) await gateway.stop();
  await browser?.leave();
  await upstream?.stop();
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});
beforeEach(() =>
  onTestFailed(() => {
    for (const gateway of gateways.values()) console.error(gateway.logs().slice(-3_000));
  }),
);

const gatewayOf = (mode: string): Gateway => gateways.get(mode) as Gateway;
const personOf = (mode: string, name: string): PersonBeside => people.get(`${mode} ${name}`) as PersonBeside;
const clientOf = (mode: string, name: string): SignedInClient => clients.get(`${mode} ${name}`) as SignedInClient;

const signIn = async (mode: string, name: string, person: PersonBeside): Promise<SignedInClient> => {
  const home = temporaryFolder('survivor');
  homes.push(home);
  return (CLIENTS[name] as SignIn)({ url: `${gatewayOf(mode).url}/mcp`, home, open: person.open });
};

const restart = async (gateway: Gateway): Promise<void> => {
  for (const { service, replica } of gateway.processes) await gateway.restart(service, replica);
};

describe('clients that signed in from nothing but the URL', () => {
  it.each(CASES)(
    '$name signs in and calls when it knows nothing but the URL of a gateway that is $mode',
    async ({ mode, name }) => {
      const person = new PersonBeside();
      people.set(`${mode} ${name}`, person);
      const client = await signIn(mode, name, person);
      clients.set(`${mode} ${name}`, client);
      expect(await client.call('up-echo')).toBe('hello');
      expect(person.sentTo).toHaveLength(1);
    },
  );

  it.each(CASES)(
    '$name asks for what its person left out, or says so, when it needs it of a gateway that is $mode',
    async ({ mode, name }) => {
      const person = new PersonBeside();
      person.but = ['mcp:tools'];
      const client = await signIn(mode, name, person);
      try {
        person.but = [];
        const said = SAY_SO[name];
        if (said === undefined) expect(await client.call('up-echo')).toBe('hello');
        else await expect(client.call('up-echo')).rejects.toThrow(said);
        expect(person.sentTo).toHaveLength(said === undefined ? 2 : 1);
      } finally {
        await client.close();
      }
    },
  );

  it.each(MODES)(
    'every client calls on, and asks nobody, when a gateway that is %s was restarted',
    { timeout: 1_200_000 },
    async (mode) => {
      await restart(gatewayOf(mode));
      for (const name of Object.keys(CLIENTS)) {
        expect([name, await clientOf(mode, name).call('up-echo')]).toEqual([name, 'hello']);
        expect([name, personOf(mode, name).sentTo.length]).toEqual([name, 1]);
      }
    },
  );

  it('an access token has ended when its minute is over', { timeout: 600_000 }, async () => {
    const ended = MODES.map(async (mode) => {
      const { url } = gatewayOf(mode);
      const last = await (await OAuthClient.register(url)).signIn(new Person(ADMIN, PASSWORD));
      const status = async () => {
        const headers = { authorization: `Bearer ${String(last['access_token'])}`, 'content-type': 'application/json' };
        const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
        return (await fetch(`${url}/mcp`, { method: 'POST', headers, body })).status;
      };
      await expect.poll(status, { timeout: 500_000, interval: 1_000 }).toBe(401);
    });
    await Promise.all(ended);
  });

  it.each(CASES)(
    '$name makes three calls at once, and asks nobody, when its token of a gateway that is $mode has ended',
    async ({ mode, name }) => {
      const client = clientOf(mode, name);
      expect(await Promise.all([1, 2, 3].map(() => client.call('up-echo')))).toEqual(['hello', 'hello', 'hello']);
      expect(await client.call('up-echo')).toBe('hello');
      expect(personOf(mode, name).sentTo).toHaveLength(1);
    },
  );

  it.each(CASES)(
    '$name is signed out, and asks its person, when its consent at a gateway that is $mode is ended',
    async ({ mode, name }) => {
      const gateway = gatewayOf(mode);
      const person = personOf(mode, name);
      person.isThere = false;
      const asked = person.asked();
      const { tokens } = (await gateway.admin.call('GET', '/tokens?limit=100')) as {
        tokens: { id: string; made_by: string }[];
      };
      for (const { id, made_by } of tokens)
        if (made_by === 'consent') await gateway.admin.call('DELETE', `/tokens/${id}`);
      const call = () =>
        clientOf(mode, name)
          .call('up-echo')
          .then(
            () => 'served',
            () => 'refused',
          );
      await expect.poll(() => Promise.race([call(), asked])).not.toBe('served');
      expect(await asked).toBe('asked');
    },
  );
});
