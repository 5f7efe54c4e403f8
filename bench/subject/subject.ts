import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ANNOUNCE, type EntryView, type Gateway, type RegisteredGateway, startGateway } from '#libs/testing';
import { TOOL_COUNT } from '../scenario.js';
import { type Crowd, memberAmong } from './crowd.js';
import { collectFrom, collectFromScript, evaluateIn, evaluateInScript, EXPOSE_GC, INSPECTABLE } from './garbage.js';

/** Something to be measured. */
export interface Subject {
  readonly name: string;
  /** One for each replica that takes calls. */
  readonly urls: readonly string[];
  readonly token: string | null;
  /** What stands before the upstream's names of tools; nothing unless given. */
  readonly toolPrefix?: string;
  /** Of another caller. */
  readonly otherToken: string | null;
  /** Whose processor time and memory count, with all that they have started. */
  readonly pids: readonly number[];
  /** The Node processes among them, and the broker. */
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
  /** Has all processes free the memory that they do not use. */
  collect(): Promise<void>;
  /** The values of an expression in each of its Node processes; absent where they cannot be looked into. */
  evaluate?(expression: string): Promise<unknown[]>;
  /** Changes the list of tools, which everybody who listens is to hear of. */
  change(): Promise<void>;
  stop(): Promise<void>;
}

export const forkScript = (script: string, args: readonly string[] = []): ChildProcess =>
  fork(fileURLToPath(new URL(script, import.meta.url)), args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: EXPOSE_GC,
  });

const announceAt = async (url: string): Promise<void> => {
  await fetch(url, { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: ANNOUNCE }) });
};

const startScript = async (
  script: string,
  args: readonly string[] = [],
): Promise<{ child: ChildProcess; url: string }> => {
  const child = forkScript(script, args);
  const url = await Promise.race([
    once(child, 'message').then(([message]) => message as string),
    once(child, 'exit').then(() => Promise.reject(new Error(`${script} ended`))),
  ]);
  return { child, url };
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
};

export const startUpstream = async (tools = TOOL_COUNT): Promise<Subject> => {
  const { child, url } = await startScript('./upstream.main.js', [String(tools)]);
  const pid = child.pid as number;
  return {
    name: 'upstream alone',
    urls: [url],
    token: null,
    otherToken: null,
    pids: [pid],
    processes: [{ name: 'upstream', pid }],
    collect: () => collectFromScript(child),
    change: () => announceAt(url),
    stop: () => end(child),
  };
};

export const startBareProxy = async (upstream: Subject, replicas = 1): Promise<Subject> => {
  const target = upstream.urls[0] as string;
  const started = await Promise.all(
    Array.from({ length: replicas }, () => startScript('./bare-proxy.main.js', [target])),
  );
  const pids = started.map(({ child }) => child.pid as number);
  return {
    name: 'bare proxy',
    urls: started.map(({ url }) => url),
    token: null,
    otherToken: null,
    pids,
    processes: pids.map((pid) => ({ name: 'proxy', pid })),
    collect: async () => void (await Promise.all(started.map(({ child }) => collectFromScript(child)))),
    evaluate: (expression) => Promise.all(started.map(({ child }) => evaluateInScript(child, expression))),
    change: () => upstream.change(),
    stop: async () => void (await Promise.all(started.map(({ child }) => end(child)))),
  };
};

/** A process whose cost counts for nobody. */
export const startScriptSubject = async (script: string): Promise<{ url: string; stop(): Promise<void> }> => {
  const { child, url } = await startScript(script);
  return { url, stop: () => end(child) };
};

/** Where traces go, and nothing comes of them. */
export const startCollector = (): ReturnType<typeof startScriptSubject> => startScriptSubject('./collector.main.js');

export interface GatewayChoice {
  readonly mode: 'embedded' | 'distributed';
  /** Of every service. */
  readonly replicas?: number;
  /** Another checkout, built, to be measured beside this one. */
  readonly folder?: string;
  readonly name?: string;
  /** Settings of its own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Processes of each service. Node has no inspector port of a worker's own choice, so these are not looked into. */
  readonly workers?: number;
  /** Called by a member of a team, beside so many others. */
  readonly crowd?: Crowd;
  /** Registers what the virtual server has besides. */
  readonly register?: (gateway: Gateway) => Promise<RegisteredGateway[]>;
}

const OTHER = 'greedy@example.com';

/** A gateway with one virtual server over the upstream: authentication, routing and call records on, as it ships. */
export const startGatewaySubject = async (choice: GatewayChoice, upstream: Subject): Promise<Subject> => {
  const { mode, replicas = 1, folder, name = mode, env, workers, crowd, register } = choice;
  const gateway = await startGateway({
    mode,
    replicas,
    env: {
      ...(workers === undefined ? INSPECTABLE : { WORKERS: String(workers) }),
      TOOL_CONCURRENT_LIMIT: '1000',
      ...(crowd !== undefined && { MAX_TEAMS_PER_USER: String(crowd.teams + 100) }),
      ...env,
    },
    ...(folder !== undefined && { folder }),
  });
  try {
    const registered = await gateway.admin.register({
      name: 'fast',
      url: upstream.urls[0] as string,
      transport: 'STREAMABLEHTTP',
      toolPrefix: '',
    });
    await gateway.admin.call('POST', '/auth/email/admin/users', { email: OTHER });
    const besides = (await register?.(gateway)) ?? [];
    const server = await gateway.admin.createServer('bench', [registered, ...besides]);
    const inspectable = workers === undefined ? gateway.processes : [];
    return {
      name,
      urls: gateway.ingressUrls.map((url) => `${url}/servers/${server.id}/mcp`),
      token: crowd === undefined ? gateway.adminToken : await memberAmong(gateway, crowd),
      otherToken: await gateway.tokenFor({ email: OTHER }),
      pids: pidsOf(gateway),
      processes: processesOf(gateway),
      collect: async () => void (await Promise.all(inspectable.map(({ server }) => collectFrom(server)))),
      ...(workers === undefined && {
        evaluate: (expression: string) => Promise.all(inspectable.map(({ server }) => evaluateIn(server, expression))),
      }),
      change: () => changeTool(gateway),
      stop: () => gateway.stop(),
    };
  } catch (error) {
    const logs = gateway.logs();
    await gateway.stop();
    throw new Error(`the ${name} gateway could not be set up:\n${logs}`, { cause: error });
  }
};

/** Another description, which is one change of the list. */
const changeTool = async ({ admin }: Gateway): Promise<void> => {
  const tools = await admin.call<EntryView[]>('GET', '/tools');
  const tool = tools.find(({ name }) => name === 'lookup_001');
  if (tool === undefined) throw new Error('the gateway does not list lookup_001');
  await admin.call('PUT', `/tools/${tool.id}`, { description: `Changed at ${Date.now()}` });
};

const processesOf = ({ processes, nats }: Gateway): Subject['processes'] => [
  ...processes.map(({ service, server }) => ({
    name: service === 'switchyard' ? 'embedded' : service,
    pid: server.pid,
  })),
  ...(nats === undefined ? [] : [{ name: 'nats-server', pid: nats.pid }]),
];

const pidsOf = (gateway: Gateway): number[] => {
  const stores = [gateway.redis, gateway.postgres].flatMap((server) => (server === undefined ? [] : [server.pid]));
  return [...processesOf(gateway).map(({ pid }) => pid), ...stores];
};
