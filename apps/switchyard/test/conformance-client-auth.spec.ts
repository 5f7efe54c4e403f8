import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ClientScenario,
  type Gateway,
  clientScenariosOf,
  runConformanceClient,
  startGateway,
} from '#libs/testing';
import { LEGACY, MODERN, connectSuiteClient, leftOut, textOf } from './conformance/suite-client.js';
import { Browser } from './upstream-consent/browser.js';

const ADMIN = 'admin@example.com';
/** What a client document is read from has to be https; no one reads it here. */
const PUBLIC_URL = 'https://gateway.example';

interface Scenario {
  readonly name: string;
  readonly revision?: string;
  /** The least number of checks that pass, so that none is left out in silence. */
  readonly passed: number;
  /** Whether the suite's server is one that must not be trusted, or never satisfied. */
  readonly isRefused?: true;
  readonly mayWarn?: string;
}

const scenarios: readonly Scenario[] = [
  ...['default', 'var1', 'var2', 'var3'].map((name) => ({ name: `auth/metadata-${name}`, passed: 19 })),
  ...['basic', 'post', 'none'].map((name) => ({ name: `auth/token-endpoint-auth-${name}`, passed: 20 })),
  ...['basic', 'jwt'].map((name) => ({ name: `auth/client-credentials-${name}`, passed: 8 })),
  { name: 'auth/pre-registration', passed: 13 },
  // It wants the address of one document of its own as the client's id, and warns of every other client's.
  { name: 'auth/basic-cimd', passed: 12, mayWarn: 'cimd-client-id-used' },
  { name: 'auth/authorization-server-migration', passed: 14 },
  { name: 'auth/scope-from-www-authenticate', passed: 15 },
  { name: 'auth/scope-from-scopes-supported', passed: 15 },
  { name: 'auth/scope-omitted-when-undefined', passed: 15 },
  { name: 'auth/scope-step-up', passed: 20 },
  { name: 'auth/scope-step-up', revision: LEGACY, passed: 20 },
  { name: 'auth/scope-retry-limit', passed: 11, isRefused: true },
  { name: 'auth/offline-access-scope', passed: 16 },
  { name: 'auth/offline-access-not-supported', passed: 15 },
  { name: 'auth/iss-supported', passed: 15 },
  { name: 'auth/iss-not-advertised', passed: 15 },
  ...['supported-missing', 'unexpected', 'wrong-issuer', 'normalized'].map((name) => ({
    name: `auth/iss-${name}`,
    passed: 8,
    isRefused: true as const,
  })),
  { name: 'auth/metadata-issuer-mismatch', passed: 3, isRefused: true },
  { name: 'auth/resource-mismatch', passed: 2, isRefused: true },
];

let plain: Gateway;
let published: Gateway;

beforeAll(async () => {
  plain = await startGateway({ mode: 'embedded' });
  published = await startGateway({ mode: 'embedded', env: { PUBLIC_URL } });
});
afterAll(() => Promise.all([plain?.stop(), published?.stop()]));

interface Registered {
  readonly id: string;
  readonly enabled: boolean;
  readonly lastError: string | null;
}

/** Whoever registers the suite's server, in a browser as well, and then calls it. */
class Administrator {
  private readonly browser = new Browser(ADMIN, '');

  constructor(
    private readonly gateway: Gateway,
    private readonly scenario: Scenario,
  ) {}

  async use(given: ClientScenario): Promise<void> {
    const { gateway, scenario } = this;
    const { name, revision = MODERN } = scenario;
    const upstream = await gateway.admin.call<Registered>('POST', '/gateways', {
      name: `${name.replaceAll('/', ' ')} ${revision}`,
      url: given.url,
      tool_prefix: '',
      auth_type: 'oauth',
      oauth_config: await this.configOf(given),
      era: revision === MODERN ? 'modern' : 'auto',
    });
    try {
      const { enabled } = await this.connected(upstream);
      expect(enabled).toBe(scenario.isRefused !== true);
      if (enabled) await this.callAll(upstream.id, revision);
    } finally {
      await gateway.admin.call('DELETE', `/gateways/${upstream.id}`);
    }
  }

  private async configOf({ url, context }: ClientScenario): Promise<object> {
    const { client_id, client_secret, private_key_pem: private_key, signing_algorithm, issuer } = context;
    if (!this.scenario.name.startsWith('auth/client-credentials'))
      return { grant_type: 'authorization_code', ...(client_id !== undefined && { client_id, client_secret, issuer }) };
    // Where it is registered is what the gateway says of a server that it may not list.
    const refused = await this.gateway.admin.call('POST', '/gateways', { name: 'unknown', url }).catch(String);
    const [, named] = /wants OAuth \(([^)]+)\)/.exec(String(refused)) ?? [];
    const key = {
      private_key,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: signing_algorithm,
    };
    return {
      grant_type: 'client_credentials',
      issuer: named,
      client_id,
      ...(private_key === undefined ? { client_secret } : key),
    };
  }

  /** Consents as often as the gateway says that consent is needed, which is not often. */
  private async connected(registered: Registered): Promise<Registered> {
    let known = registered;
    for (let times = 0; times < 3 && !known.enabled; times++) {
      const before = known.lastError;
      await this.consent(known.id);
      const look = async (): Promise<boolean> => {
        known = await this.gateway.admin.call<Registered>('GET', `/gateways/${known.id}`);
        return known.enabled || known.lastError !== before;
      };
      // One that is never let in has nothing to wait for.
      if (this.scenario.isRefused === true) await look();
      else await expect.poll(look).toBe(true);
    }
    return known;
  }

  private async consent(id: string): Promise<void> {
    const { gateway, browser } = this;
    const callback = `${gateway === published ? PUBLIC_URL : gateway.url}/oauth/callback`;
    const authorization = `Bearer ${gateway.adminToken}`;
    const back = await browser
      .follow(`${gateway.url}/oauth/authorize/${id}`, callback, { authorization })
      .catch((error: unknown) => {
        if (this.scenario.isRefused !== true) throw error;
        return null;
      });
    if (back !== null) await (await browser.fetch(back.replace(PUBLIC_URL, gateway.url))).text();
  }

  private async callAll(id: string, revision: string): Promise<void> {
    const { gateway } = this;
    const client = await connectSuiteClient(`${gateway.url}/mcp`, revision, gateway.adminToken);
    try {
      for (const { name } of (await client.listTools()).tools) {
        let said = textOf(await client.callTool({ name, arguments: {} }));
        if (String(said).includes(`/oauth/authorize/${id}`)) {
          await this.consent(id);
          said = textOf(await client.callTool({ name, arguments: {} }));
        }
        expect(said).toBe('test');
      }
    } finally {
      await client.close();
    }
  }
}

describe('the gateway as a client of authorization servers', () => {
  it('the conformance suite has no scenario of authorization for clients that is neither run here nor left out by name', async () => {
    const named = [...(await clientScenariosOf(LEGACY)), ...(await clientScenariosOf(MODERN))];
    const here = new Set(scenarios.map(({ name }) => name));
    const wanted = named.filter((name) => name.startsWith('auth/') && !leftOut.includes(name));
    expect([...new Set(wanted)].sort()).toEqual([...here].sort());
  });

  it.for(scenarios)(
    'the gateway does as the suite demands of a client of authorization servers: $name',
    async (scenario, { signal }) => {
      const { name, revision = MODERN, passed } = scenario;
      const gateway = name === 'auth/basic-cimd' ? published : plain;
      const administrator = new Administrator(gateway, scenario);
      const given = { scenario: name, specVersion: revision };
      const report = await runConformanceClient(given, (told) => administrator.use(told), signal);
      const shown = `${report.output}\n${gateway.logs()}`;
      const failed = report.checks
        .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
        .map(({ id }) => id)
        .filter((id) => id !== scenario.mayWarn);
      expect(failed, shown).toEqual([]);
      const isRegistered = report.checks.some(({ id }) => id === 'client-registration');
      if (name === 'auth/basic-cimd') expect(isRegistered, shown).toBe(false);
      expect(report.passed, shown).toBeGreaterThanOrEqual(passed);
    },
  );
});
