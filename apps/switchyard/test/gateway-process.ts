import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PATIENT_STORES, freePort } from '#libs/testing';

/** Where gateways of tests say that they run, so that the commands of whoever runs the tests do not find them. */
const CONFIG_HOME = mkdtempSync(join(tmpdir(), 'switchyard-config-'));
process.once('exit', () => rmSync(CONFIG_HOME, { recursive: true, force: true }));

export const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const WAIT_MS = 400_000;

export interface ProcessSettings {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly root?: string;
  readonly uid?: number;
  /** Runs this module instead of the start script. */
  readonly module?: string;
  /** By `npm start`, which is then the child. */
  readonly npm?: boolean;
}

/** The Node that a checkout brings along; the one that runs the tests where it brings none. */
const nodeOf = (root: string): string =>
  process.execPath.startsWith(ROOT) ? join(root, process.execPath.slice(ROOT.length)) : process.execPath;

/** A gateway as a user starts it: a process of its own, seen from outside. */
export class GatewayProcess {
  stdout = '';
  stderr = '';
  readonly port: number;
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;

  private constructor(port: number, { args = [], env = {}, cwd, root = ROOT, uid, module, npm }: ProcessSettings) {
    this.port = port;
    const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
    const [command, ...words] = npm
      ? ['npm', 'start', '-s', '--']
      : [nodeOf(root), module ?? join(root, 'scripts', 'start.mjs')];
    this.child = spawn(command, [...words, ...args], {
      cwd: cwd ?? root,
      env: {
        PATH,
        HOME,
        NODE_COMPILE_CACHE,
        XDG_CONFIG_HOME: CONFIG_HOME,
        ...PATIENT_STORES,
        PORT: String(port),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid !== undefined && { uid, gid: uid }),
    });
    this.child.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on('data', (chunk) => {
      // Whether it had to build first is of no interest here.
      this.stderr = (this.stderr + chunk).replace('switchyard: building …\n', '');
    });
    this.ended = new Promise((resolve) => this.child.once('close', (code, signal) => resolve({ code, signal })));
  }

  static async start(settings: ProcessSettings = {}): Promise<GatewayProcess> {
    return new GatewayProcess(await freePort(), settings);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Until its output says so; fails with all of it when the process ends first. */
  async says(wanted: RegExp): Promise<RegExpExecArray> {
    const endsAtMs = Date.now() + WAIT_MS;
    for (;;) {
      const match = wanted.exec(this.stdout) ?? wanted.exec(this.stderr);
      if (match !== null) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null || Date.now() > endsAtMs) {
        throw new Error(`It never said ${wanted}, but:\n${this.stdout}\n${this.stderr}`);
      }
      await pause(20);
    }
  }

  ready(): Promise<unknown> {
    return this.says(/is ready at|"msg":"ready"/);
  }

  async kill(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return (await this.ended).code;
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const temporaryFolder = (): { readonly path: string; readonly remove: () => void } => {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'switch yard ')));
  // As root, the database runs as somebody else, who must be able to come here.
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

/** The command lines of the processes that name this path, or work in it. */
export const processesAt = (path: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const cwd = realpathSync(`/proc/${pid}/cwd`);
        return line.includes(path) || cwd.startsWith(path) ? [`${pid} ${line}`] : [];
      } catch {
        return [];
      }
    });
