import type { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ClientScenario,
  type Gateway,
  type SuiteReport,
  clientScenariosOf,
  runConformanceClient,
  startGateway,
} from '#libs/testing';
import { LEGACY, MODERN, connectSuiteClient, leftOut, textOf } from './conformance/suite-client.js';

/** What a client does at the gateway so that the gateway does at its upstream what a scenario looks for. */
type Use = (client: Client, given: ClientScenario) => Promise<void>;

/** The gateway has met the upstream when it was registered; that is all. */
const none: Use = async () => {};

const addNumbers: Use = async (client) => {
  await client.listTools();
  expect(textOf(await client.callTool({ name: 'add_numbers', arguments: { a: 5, b: 3 } }))).toMatch(/ 8$/);
};

const echoSchema: Use = async (client) => {
  const { tools } = await client.listTools();
  const schema = tools.find(({ name }) => name === 'json_schema_2020_12_tool')?.inputSchema;
  await client.callTool({ name: 'json_schema_echo', arguments: { schema } });
};

interface Scenario {
  readonly name: string;
  readonly use: Use;
  /** The least number of checks that pass, so that none is left out in silence. */
  readonly passed: number;
}

const legacyScenarios: readonly Scenario[] = [
  { name: 'initialize', passed: 1, use: none },
  { name: 'tools_call', passed: 2, use: addNumbers },
  {
    name: 'elicitation-sep1034-client-defaults',
    passed: 5,
    use: async (client) => {
      await client.callTool({ name: 'test_client_elicitation_defaults' });
    },
  },
  {
    name: 'sse-retry',
    passed: 2,
    use: async (client) => {
      const result = await client.callTool({ name: 'test_reconnection' });
      expect(textOf(result)).toBe('Reconnection test completed successfully');
    },
  },
  { name: 'json-schema-2020-12-preservation', passed: 9, use: echoSchema },
];

const modernScenarios: readonly Scenario[] = [
  { name: 'tools_call', passed: 2, use: addNumbers },
  { name: 'request-metadata', passed: 8, use: none },
  {
    name: 'sep-2322-client-request-state',
    passed: 5,
    use: async (client) => {
      for (const name of ['echo_state', 'no_state', 'unrelated', 'no_result_type'])
        await client.callTool({ name: `test_mrtr_${name}` });
    },
  },
  {
    name: 'http-standard-headers',
    passed: 9,
    use: async (client) => {
      for (const { name } of (await client.listTools()).tools) await client.callTool({ name });
      for (const { uri } of (await client.listResources()).resources) await client.readResource({ uri });
      for (const { name } of (await client.listPrompts()).prompts) await client.getPrompt({ name });
    },
  },
  {
    name: 'http-custom-headers',
    passed: 18,
    use: async (client, { context }) => {
      await client.listTools();
      const { toolCalls } = context as { toolCalls: { name: string; arguments: Record<string, unknown> }[] };
      for (const call of toolCalls) await client.callTool(call);
    },
  },
  {
    name: 'http-invalid-tool-headers',
    passed: 12,
    use: async (client) => {
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(['valid_tool']);
      await client.callTool({ name: 'valid_tool', arguments: { region: 'us-west1' } });
    },
  },
  {
    name: 'json-schema-ref-no-deref',
    passed: 1,
    use: async (client) => {
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(['lookup_user']);
    },
  },
  { name: 'json-schema-2020-12-preservation', passed: 9, use: echoSchema },
];

// One scenario of sessions measures time: those run one after the other.
const suites = [
  { revision: LEGACY, scenarios: legacyScenarios, concurrent: false },
  { revision: MODERN, scenarios: modernScenarios, concurrent: true },
];

/** That a busy machine is a little late is no fault; twice the time is, and fails. */
const MAY_WARN = 'sse-retry:client-sse-retry-timing';

describe('the conformance suite for clients', () => {
  it.for(suites)(
    'the conformance suite for clients has no scenario of $revision that is neither run here nor left out by name',
    async (suite) => {
      const named = await clientScenariosOf(suite.revision);
      const here = suite.scenarios.map(({ name }) => name);
      // Those of authorization are in a file of their own.
      const wanted = named.filter((name) => !leftOut.includes(name) && !name.startsWith('auth/'));
      expect(wanted.sort()).toEqual(here.sort());
    },
  );
});

describe.each(['embedded', 'distributed'] as const)('the gateway as the client of the suite, %s', (mode) => {
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await startGateway({ mode, replicas: 2, env: { AUTH_REQUIRED: 'false' } });
  });
  afterAll(() => gateway?.stop());

  /** Takes the client's way through the gateway to the server of the suite. */
  const run = (revision: string, scenario: string, use: Use, signal: AbortSignal): Promise<SuiteReport> =>
    runConformanceClient(
      { scenario, specVersion: revision },
      async (given) => {
        const { url } = given;
        const name = `${scenario} ${revision}`;
        // Told nothing, the gateway also asks whether there are sessions, which no client of 2026-07-28 alone would.
        const era = revision === MODERN ? 'modern' : 'auto';
        const upstream = await gateway.admin.register({ name, url, transport: 'STREAMABLEHTTP', toolPrefix: '', era });
        try {
          const server = await gateway.admin.createServer(name, [upstream]);
          const client = await connectSuiteClient(`${gateway.url}/servers/${server.id}/mcp`, revision);
          await use(client, given).finally(() => client.close());
        } finally {
          await gateway.admin.call('DELETE', `/gateways/${upstream.id}`);
        }
      },
      signal,
    );

  describe.each(suites)('$revision', ({ revision, scenarios, concurrent }) => {
    it.for(scenarios)('$name', { concurrent }, async ({ name, use, passed }, { signal }) => {
      const report = await run(revision, name, use, signal);
      const shown = `${report.output}\n${gateway.logs()}`;
      expect(report.failures, shown).toEqual([]);
      const warnings = report.checks.filter(({ status }) => status === 'WARNING').map(({ id }) => `${name}:${id}`);
      expect(
        warnings.filter((warning) => warning !== MAY_WARN),
        shown,
      ).toEqual([]);
      expect(report.passed, shown).toBeGreaterThanOrEqual(passed);
    });
  });
});
