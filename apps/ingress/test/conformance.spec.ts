import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WithBody } from '#libs/bus';
import { CatalogChanged } from '#libs/contracts';
import { Rig, catalogOf, tool, prompt } from './rig.js';

const suite = join(
  dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json')),
  'dist/index.js',
);

interface Check {
  readonly id: string;
  readonly status: string;
  readonly errorMessage?: string;
}

let rig: Rig;
let url: string;
let folder: string;

const diagnostic = [
  'test_missing_capability',
  'test_streaming_elicitation',
  'test_logging_tool',
  'test_trigger_tool_change',
  'test_trigger_prompt_change',
];

/** The gateway's own behaviour alone is under test, so the upstream is a double. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  rig = new Rig();
  const schema = {
    inputSchema: {
      type: 'object',
      properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
      required: ['region'],
    },
  };
  const mirrored = tool('test_x_mcp_header', schema, undefined, [
    { header: 'Region', path: ['region'], type: 'string' },
  ]);
  const tools = [...diagnostic.map((name) => tool(name)), mirrored];
  rig.catalogs.set(null, catalogOf({ tools }));
  let changes = 1;
  rig.execute = async (call, context) => {
    if (call.exposedName === 'test_missing_capability' && !('sampling' in call.client.capabilities)) {
      return {
        kind: 'error',
        error: { code: -32021, message: 'sampling is required', data: { requiredCapabilities: { sampling: {} } } },
      };
    }
    if (call.exposedName === 'test_logging_tool' && call.logLevel !== undefined)
      await context.send({ kind: 'log', level: 'info', data: 'hello' });
    if (call.exposedName === 'test_streaming_elicitation') {
      return new WithBody(
        { kind: 'input-required' },
        '{"inputRequests":{"a":{"method":"elicitation/create","params":{"message":"?","requestedSchema":{"type":"object","properties":{}}}}}}',
      );
    }
    if (call.exposedName.startsWith('test_trigger')) {
      changes++;
      const kind = call.exposedName.includes('tool') ? 'tools' : 'prompts';
      const prompts = [prompt({ definition: `{"name":"greet","description":"${changes}"}` })];
      rig.catalogs.set(null, catalogOf({ revision: changes, tools: [...tools, tool(`extra_${changes}`)], prompts }));
      rig.registry.publish(CatalogChanged, { revision: changes, lists: [kind], serverIds: [], upstreamIds: ['u1'] });
    }
    if (call.method === 'resources/read')
      return new WithBody({ kind: 'result' }, '{"contents":[{"uri":"file:///a","text":"a"}]}');
    return new WithBody({ kind: 'result' }, '{"content":[{"type":"text","text":"done"}]}');
  };
  url = `${await rig.start()}/mcp`;
});
afterAll(async () => {
  await rig.stop();
  await rm(folder, { recursive: true, force: true });
});

const run = async (scenario: string, version: string): Promise<Check[]> => {
  const out = join(folder, `${scenario}-${version}`);
  const child = spawn(
    process.execPath,
    [suite, 'server', '--url', url, '--scenario', scenario, '--spec-version', version, '-o', out],
    {
      stdio: 'ignore',
    },
  );
  await new Promise((resolve) => child.once('close', resolve));
  const [result = ''] = await readdir(out);
  return JSON.parse(await readFile(join(out, result, 'checks.json'), 'utf8')) as Check[];
};

describe.each([
  ['2026-07-28', 'server-stateless'],
  ['2026-07-28', 'http-header-validation'],
  ['2026-07-28', 'http-custom-header-server-validation'],
  ['2026-07-28', 'caching'],
  ['2026-07-28', 'dns-rebinding-protection'],
  ['2026-07-28', 'tools-list'],
  ['2026-07-28', 'server-sse-multiple-streams'],
  ['2025-11-25', 'server-initialize'],
  ['2025-11-25', 'server-session-lifecycle'],
  ['2025-11-25', 'server-sse-multiple-streams'],
  ['2025-11-25', 'ping'],
  ['2025-11-25', 'logging-set-level'],
  ['2025-11-25', 'dns-rebinding-protection'],
  ['2025-06-18', 'server-initialize'],
])('the conformance suite, %s', (version, scenario) => {
  it(`${scenario} passes`, async () => {
    const checks = await run(scenario, version);

    const failures = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
    expect(failures.map(({ id, errorMessage }) => `${id}: ${errorMessage}`)).toEqual([]);
    expect(checks.some(({ status }) => status === 'SUCCESS')).toBe(true);
  });
});
