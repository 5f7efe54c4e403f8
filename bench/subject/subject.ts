import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Gateway, startGateway } from '#libs/testing';

/** Something to be measured. */
export interface Subject {
  readonly name: string;
  readonly url: string;
  readonly token: string | null;
  /** Whose processor time and memory count. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

export const forkScript = (script: string, args: readonly string[] = []): ChildProcess =>
  fork(fileURLToPath(new URL(script, import.meta.url)), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });

const startScript = async (name: string, script: string, args: readonly string[] = []): Promise<Subject> => {
  const child = forkScript(script, args);
  const url = await Promise.race([
    once(child, 'message').then(([message]) => message as string),
    once(child, 'exit').then(() => Promise.reject(new Error(`${script} ended`))),
  ]);
  return {
    name,
    url,
    token: null,
    pids: [child.pid as number],
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};

export const startUpstream = (): Promise<Subject> => startScript('upstream alone', './upstream.main.js');

export const startBareProxy = (upstream: Subject): Promise<Subject> =>
  startScript('bare proxy', './bare-proxy.main.js', [upstream.url]);

/** A gateway with one virtual server over the upstream: authentication, routing and call records on, as it ships. */
export const startGatewaySubject = async (mode: 'embedded' | 'distributed', upstream: Subject): Promise<Subject> => {
  const gateway = await startGateway({ mode, env: { TOOL_CONCURRENT_LIMIT: '1000' } });
  try {
    const registered = await gateway.admin.register({
      name: 'fast',
      url: upstream.url,
      transport: 'STREAMABLEHTTP',
      toolPrefix: '',
    });
    const server = await gateway.admin.createServer('bench', [registered]);
    const [ingress] = gateway.ingressUrls;
    return {
      name: mode,
      url: `${ingress}/servers/${server.id}/mcp`,
      token: gateway.adminToken,
      pids: pidsOf(gateway),
      stop: () => gateway.stop(),
    };
  } catch (error) {
    const logs = gateway.logs();
    await gateway.stop();
    throw new Error(`the ${mode} gateway could not be set up:\n${logs}`, { cause: error });
  }
};

const pidsOf = ({ processes, nats, redis, postgres }: Gateway): number[] => [
  ...processes.map(({ server }) => server.pid),
  ...[nats, redis, postgres].flatMap((server) => (server === undefined ? [] : [server.pid])),
];
