import { writeFileSync, readFileSync, realpathSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing';
import { everythingScript } from './everything-server.js';
import { givenInvocation, type Invocation } from './invocation.js';

let invocation: Invocation;
let folder: string;

beforeAll(async () => {
  folder = temporaryFolder('children');
  invocation = await givenInvocation();
});
afterAll(async () => {
  await invocation.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A session server on a pipe, with whatever else the test has it do. `$PIDS` collects the pids. */
const serverScript = (body: string): string[] => {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.mjs`);
  const pids = `${file}.pids`;
  writeFileSync(
    file,
    `import { appendFileSync } from 'node:fs'; import { createInterface } from 'node:readline';
appendFileSync(${JSON.stringify(pids)}, process.pid + '\\n');
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const result = (id, value) => send({ id, result: value });
const say = (id, text) => result(id, { content: [{ type: 'text', text: String(text) }] });
const initialize = (id) => result(id, { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'piped', version: '1' } });
const unknown = (id) => send({ id, error: { code: -32601, message: 'Method not found' } });
let onEnd = () => process.exit(0);
const lines = createInterface({ input: process.stdin });
lines.on('close', () => onEnd());
lines.on('line', (line) => { const message = JSON.parse(line); handle(message, message.params ?? {}); });
let handle = (message) => {
  if (message.method === 'initialize') initialize(message.id);
  else if (message.method === 'tools/call') call(message);
  else if (message.id !== undefined) unknown(message.id);
};
let call = (message) => say(message.id, 'fine');
${body}
`,
  );
  return [file];
};
const pidsOf = (args: string[]): number[] => {
  const file = `${args[0]}.pids`;
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
};
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};
const piped = (args: string[], more: object = {}, of = invocation) =>
  of.profile({ transport: 'STDIO', command: process.execPath, args, ...more });
const text = (body: string | undefined): string => JSON.parse(body as string).content[0].text;

const MODERN_ONLY = `
  const complete = (id, value) => result(id, { resultType: 'complete', ttlMs: 0, cacheScope: 'private', ...value });
  handle = (message) => {
    if (message.method === 'server/discover') complete(message.id, { supportedVersions: ['2026-07-28'], capabilities: { tools: { listChanged: true } } });
    else if (message.method === 'tools/list') complete(message.id, { tools: [] });
    else if (message.method === 'tools/call') complete(message.id, { content: [{ type: 'text', text: 'fine' }] });
    else if (message.id !== undefined && message.method !== 'subscriptions/listen') unknown(message.id);
  };`;

describe('an upstream in a child process', () => {
  it('a child process is understood when it writes to stderr and noise to stdout', async () => {
    const args = serverScript(`
      process.stdout.write('Starting server...\\n\\n[1,2]\\n{"jsonrpc":"2.0"}\\n' + 'x'.repeat(100_000) + '\\n');
      for (let n = 0; n < 5_000; n++) process.stderr.write('warning: ' + 'y'.repeat(1_000) + '\\n');
      call = (message) => { process.stdout.write('debug\\n'); say(message.id, 'fine'); };
    `);

    expect(text((await invocation.call(piped(args), 't')).body)).toBe('fine');
  });

  it('a child process gets one message per line when the client wrote line ends', async () => {
    const args = serverScript('call = (message) => say(message.id, message.params.arguments.text);');

    const { body } = await invocation.call(
      piped(args),
      't',
      {},
      { body: '{\n  "name": "t",\r\n  "arguments": { "text": "two\\nlines" }\n}' },
    );

    expect(text(body)).toBe('two\nlines');
  });

  it('a child process is spoken to in its own revision when it answers the probe', async () => {
    const args = serverScript(`
      handle = ({ id, method, params }) => {
        if (params?._meta?.['io.modelcontextprotocol/protocolVersion'] !== '2026-07-28') return unknown(id);
        if (method === 'server/discover') return result(id, { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } });
        if (method === 'tools/call') return result(id, { resultType: 'complete', content: [{ type: 'text', text: 'modern' }] });
      };
    `);

    expect(text((await invocation.call(piped(args), 't')).body)).toBe('modern');
    expect(pidsOf(args)).toHaveLength(1);
  });

  it('a child process is started anew without a probe when it dies of the probe', async () => {
    const args = serverScript(`
      let begun = false; const plain = handle;
      handle = (message) => { if (message.method === 'initialize') begun = true; if (!begun) process.exit(1); plain(message); };
    `);

    expect(text((await invocation.call(piped(args), 't')).body)).toBe('fine');
    expect(pidsOf(args)).toHaveLength(2);
  });

  it('a child process is sent initialize when it does not answer the probe', async () => {
    const args = serverScript(
      `const plain = handle; handle = (message) => { if (message.method !== 'server/discover') plain(message); };`,
    );

    expect(text((await invocation.call(piped(args), 't')).body)).toBe('fine');
    expect(pidsOf(args)).toHaveLength(1);
  });

  it('a child process is refused as no MCP server when it ends before it answers', async () => {
    await expect(invocation.discover(piped(['-e', 'process.exit(3)']))).rejects.toMatchObject({
      code: expect.stringMatching(/^upstream\.(not_mcp|closed|unreachable)$/),
    });
    await expect(invocation.discover(piped([], { command: '/no/such/command' }))).rejects.toMatchObject({
      code: 'upstream.unreachable',
    });
  });

  it('a child process fails its calls soon when it dies, and is started again', async () => {
    const args = serverScript(
      `call = (message) => { if (message.params.arguments.die) process.kill(process.pid, 'SIGKILL'); else say(message.id, 'fine'); };`,
    );
    const profile = piped(args);
    await invocation.call(profile, 't');

    const calls = await Promise.allSettled([
      invocation.call(profile, 't', { die: true }),
      ...[1, 2, 3].map(() => invocation.call(profile, 't', { die: true })),
    ]);

    for (const call of calls)
      expect(call).toMatchObject({ status: 'rejected', reason: { code: 'upstream.closed', executed: 'unknown' } });
    expect(text((await invocation.call(profile, 't')).body)).toBe('fine');
    expect(pidsOf(args)).toHaveLength(2);
  });

  it('a child process is tolerated when it answers late, twice, or without a request', async () => {
    const args = serverScript(`call = (message) => {
      result(999_999, { content: [] }); result('nobody', { content: [] });
      say(message.id, 'fine'); say(message.id, 'again');
    };`);
    const profile = piped(args);

    const answers = await Promise.all([1, 2, 3].map(() => invocation.call(profile, 't')));

    expect(answers.map(({ body }) => text(body))).toEqual(['fine', 'fine', 'fine']);
  });

  it('a child process is told to stop when its call times out', async () => {
    const args = serverScript(`
      let told = null; const plain = handle;
      handle = (message) => { if (message.method === 'notifications/cancelled') told = message.params.requestId; else plain(message); };
      let waiting = null;
      call = (message) => { if (message.params.arguments.wait) waiting = message.id; else say(message.id, told !== null && told === waiting); };
    `);
    const profile = piped(args, { timeoutMs: 6_000 });

    await expect(invocation.call(profile, 't', { wait: true })).rejects.toMatchObject({
      code: 'upstream.timed_out',
      executed: 'unknown',
    });
    expect(text((await invocation.call(profile, 't')).body)).toBe('true');
  });

  it("a child process gets its own environment when it is started, and not the gateway's", async () => {
    const args = serverScript('call = (message) => say(message.id, JSON.stringify(process.env));');
    const profile = piped(args);
    invocation.credentials.set(profile.id, { env: { GREETING: 'hello' } });

    const env = JSON.parse(text((await invocation.call(profile, 't')).body));

    expect(env).toMatchObject({ GREETING: 'hello', PATH: process.env.PATH });
    expect(
      Object.keys(env).filter((name) => !['GREETING', 'PATH', 'HOME', 'LANG', 'TMPDIR', 'TZ'].includes(name)),
    ).toEqual([]);
  });

  it.each(['NODE_OPTIONS', 'LD_PRELOAD', 'PATH', 'BASH_ENV', 'BAD NAME'])(
    'a child process is refused when its credential sets the variable %s',
    async (name) => {
      const profile = piped(serverScript(''));
      invocation.credentials.set(profile.id, { env: { [name]: 'x' } });

      await expect(invocation.call(profile, 't')).rejects.toMatchObject({ code: 'upstream.refused', executed: 'no' });
    },
  );

  it('a child process is started without a shell when its arguments hold shell syntax', async () => {
    const canary = join(folder, 'canary');

    await invocation.call(piped([...serverScript(''), `; touch ${canary}`, '$(touch ' + canary + ')']), 't');

    expect(existsSync(canary)).toBe(false);
  });

  it('a child process ends with the service when it ignores everything short of SIGKILL', async () => {
    const own = await givenInvocation();
    const stubborn = serverScript(`onEnd = () => {}; process.on('SIGTERM', () => {}); setInterval(() => {}, 1_000);
      import('node:child_process').then(({ spawn }) => { const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }); appendFileSync(process.argv[1] + '.pids', child.pid + '\\n'); });`);
    await own.call(piped(stubborn, {}, own), 't');
    await expect.poll(() => pidsOf(stubborn).length).toBe(2);
    expect(pidsOf(stubborn).every(isAlive)).toBe(true);

    await own.close();

    await expect.poll(() => pidsOf(stubborn).some(isAlive)).toBe(false);
  });

  it('a child process gives way to another when the quota is reached and nobody uses it', async () => {
    const own = await givenInvocation({ STDIO_PROCESSES_MAX: '1' });
    try {
      const slow = serverScript('call = (message) => setTimeout(() => say(message.id, "slow"), 2_000);');
      const busy = own.call(piped(slow, {}, own), 't');
      await expect.poll(() => pidsOf(slow).length).toBe(1);
      await expect(own.call(piped(serverScript(''), {}, own), 't')).rejects.toMatchObject({
        code: 'upstream.busy',
        executed: 'no',
      });

      await busy;
      expect((await own.call(piped(serverScript(''), {}, own), 't')).answer.kind).toBe('result');
      expect(pidsOf(slow).some(isAlive)).toBe(false);
    } finally {
      await own.close();
    }
  });

  it('a child process that speaks 2026-07-28 is one when it was discovered, is called by clients of both eras and announces lists', async () => {
    const own = await givenInvocation({ MCP_SESSION_POOL_IDLE_EVICTION: '1' });
    try {
      const args = serverScript(MODERN_ONLY);
      const profile = piped(args, {}, own);
      await own.discover(profile);
      const LEGACY = { info: null, capabilities: {}, revision: '2025-11-25' };
      await own.call(profile, 't');
      await own.call(profile, 't', {}, { client: LEGACY });
      await own.call(profile, 't');
      // One more was asked for a session, which it refused.
      const alive = () => pidsOf(args).filter(isAlive);
      await expect.poll(alive).toHaveLength(1);
      expect(pidsOf(args)).toHaveLength(2);
      await expect.poll(alive).toHaveLength(0);
      expect(text((await own.call(profile, 't')).body)).toBe('fine');
    } finally {
      await own.close();
    }
  });

  it('a child process is started in the folder that its gateway names', async () => {
    const args = serverScript('call = (message) => say(message.id, process.cwd());');
    const { body } = await invocation.call(piped(args, { cwd: folder }), 't');
    expect(text(body)).toBe(realpathSync(folder));
  });

  it('a child process is not started when its command is not allowed', async () => {
    const none = await givenInvocation({ MCPGATEWAY_STDIO_TRANSPORT_ENABLED: 'false' });
    const some = await givenInvocation({ STDIO_COMMANDS_ALLOWED: 'npx, uvx' });
    try {
      for (const own of [none, some]) {
        await expect(own.call(piped(serverScript(''), {}, own), 't')).rejects.toMatchObject({
          code: 'upstream.refused',
          executed: 'no',
        });
      }
    } finally {
      await Promise.all([none.close(), some.close()]);
    }
  });

  it('a child process is ended when its upstream is no longer registered', async () => {
    const args = serverScript('');
    const profile = piped(args);
    await invocation.call(profile, 't');
    invocation.profiles.delete(profile.id);
    const { UpstreamChanged } = await import('#libs/contracts');

    invocation.bus.publish(UpstreamChanged, { upstreamId: profile.id, change: 'removed' });

    await expect.poll(() => pidsOf(args).some(isAlive)).toBe(false);
    await expect(invocation.call(profile, 't')).rejects.toMatchObject({ code: 'upstream.unknown', executed: 'no' });
  });

  it('a child process gives each call its own answer when many run at once', async () => {
    const profile = piped([everythingScript, 'stdio']);
    const texts = Array.from({ length: 200 }, (_, index) => `canary-${index}`);

    const answers = await Promise.all(
      texts.map((message, index) =>
        invocation.call(profile, 'echo', { message }, { principal: { id: `user-${index % 20}`, tokenId: null } }),
      ),
    );

    expect(answers.map(({ body }) => text(body))).toEqual(texts.map((message) => `Echo: ${message}`));
  });
});
