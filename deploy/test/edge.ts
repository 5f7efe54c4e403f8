import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChildServer, canConnect, freePort, type Service, temporaryFolder } from '#libs/testing';

/** The shipped nginx, before services of a test. */
export interface Edge {
  readonly url: string;
  readonly tlsUrl: string | undefined;
  readonly statusUrl: string;
  /** Of its master process. */
  readonly pid: number;
  /** What nginx has complained of. */
  readonly output: string;
  /**
   * Goes on with these replicas, as an orchestrator has it whose names lead to ready ones only. Resolves once no request
   * goes by the former addresses any more.
   */
  reload(addresses: EdgeOptions['addresses']): Promise<void>;
  stop(): Promise<void>;
}

export interface EdgeOptions {
  /** `host:port` of each replica; a service without one has a closed port. */
  readonly addresses: Partial<Record<Service, readonly string[]>>;
  /** The folder with tls.crt and tls.key. */
  readonly tls?: string;
  /** What the test of a limit makes smaller: text of the configuration → text. */
  readonly edit?: (file: string, text: string) => string;
}

/** Process ids of nginx's workers, those that finish included. */
const workersOf = (master: number): string[] =>
  fs.readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ');

const until = async (holds: () => boolean): Promise<void> => {
  const giveUpAtMs = Date.now() + 120_000;
  while (!holds()) {
    if (Date.now() > giveUpAtMs) throw new Error('nginx has not taken the new configuration');
    await sleep(20);
  }
};

const shipped = path.resolve(import.meta.dirname, '../../docker/nginx');
/** Nobody listens on the discard port. */
const NOBODY = ['127.0.0.1:9'];

/** Starts Debian's nginx with the files of `docker/nginx/`, in which nothing is changed but addresses. */
export const startEdge = async ({ addresses, tls, edit = (_file, text) => text }: EdgeOptions): Promise<Edge> => {
  const folder = temporaryFolder('edge');
  const [port, statusPort, tlsPort] = [await freePort(), await freePort(), await freePort()];
  const conf = path.join(folder, 'conf');
  const scratch = path.join(folder, 'scratch');
  fs.cpSync(shipped, conf, { recursive: true });
  fs.mkdirSync(scratch);
  // Its workers are another user where the master is root.
  for (const open of [folder, conf, scratch]) fs.chmodSync(open, 0o755);
  const rewrite = (name: string, change: (text: string) => string): void =>
    fs.writeFileSync(path.join(conf, name), change(fs.readFileSync(path.join(conf, name), 'utf8')));
  const upstreams = fs.readFileSync(path.join(conf, 'upstreams.conf'), 'utf8');
  const lead = (to: EdgeOptions['addresses']): void =>
    rewrite('upstreams.conf', () =>
      upstreams
        .replace(/^resolver .*$/m, '')
        .replaceAll(/server ([\w-]+):8080 resolve (.*);/g, (_line, service: Service, rest: string) =>
          (to[service] ?? NOBODY).map((address) => `server ${address} ${rest};`).join(' '),
        ),
    );
  lead(addresses);
  rewrite('listen.conf', (text) => text.replace('8080', `127.0.0.1:${port}`));
  rewrite('status-listen.conf', (text) => text.replace('8081', `127.0.0.1:${statusPort}`));
  if (tls !== undefined) {
    fs.cpSync(tls, path.join(conf, 'tls'), { recursive: true });
    fs.renameSync(path.join(conf, 'tls.conf'), path.join(conf, 'listen-tls.conf'));
    rewrite('listen-tls.conf', (text) => text.replace('8443', `127.0.0.1:${tlsPort}`));
  }
  for (const name of fs.readdirSync(conf).filter((file) => file.endsWith('.conf'))) {
    rewrite(name, (text) => edit(name, text));
  }
  const server = new ChildServer({
    command: 'nginx',
    args: ['-p', scratch, '-c', path.join(conf, 'nginx.conf'), '-g', 'daemon off;'],
    probe: () => canConnect(port),
  });
  await server.start();
  return {
    url: `http://127.0.0.1:${port}`,
    tlsUrl: tls === undefined ? undefined : `https://127.0.0.1:${tlsPort}`,
    statusUrl: `http://127.0.0.1:${statusPort}`,
    get pid() {
      return server.pid;
    },
    get output() {
      return server.output;
    },
    reload: async (to) => {
      lead(to);
      const before = workersOf(server.pid);
      process.kill(server.pid, 'SIGHUP');
      // Those of the former configuration finish what they have in hand, and end.
      await until(() => !workersOf(server.pid).some((worker) => before.includes(worker)));
    },
    stop: async () => {
      await server.stop();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
};
