import { chownSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { Settings } from '../../../tool-invocation.settings.js';
import { OperatorReason } from '../../reason.js';
import { type ChildUser, findProgram, mayBecomeOthers, mayPass, mayRead } from './reach.js';
import { findWrappers, type Wrappers, wrapping } from './wrappers.js';

/** Nobody's on any system that is known: of no account, and outside of what systemd and containers give out. */
const OWN_USER: ChildUser = { uid: 64_925, gid: 64_925 };
/** Whether bubblewrap works is tried again when it did not, and something is started after so long. */
const TRIED_AGAIN_AFTER_MS = 60_000;
/** Where the folders of children are that cannot pass through the data folder. */
const FOLDER_OF_ROOT = '/var/lib/switchyard-stdio';

export interface ChildCommand {
  readonly upstreamId: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Null: a folder of its own. */
  readonly cwd: string | null;
}

/** What is started in the end. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: ChildUser | null;
}

/** Keeps child processes from being the gateway: their user, what they see, what they may use. */
export class Sandbox {
  /** Null: the gateway's own. */
  private readonly user: ChildUser | null;
  private finding: Promise<Wrappers> | undefined;
  private foundAtMs = 0;

  constructor(
    private readonly settings: Settings['stdio'],
    private readonly logger: Logger,
  ) {
    const { user, mode } = settings.sandbox;
    this.user = user ?? (mode !== 'off' && mayBecomeOthers() ? OWN_USER : null);
  }

  /**
   * How to start a command. Rejects with `upstream.refused` where the sandbox that is required cannot be had, and with
   * `upstream.unreachable` where there is no such command, or its user cannot read it.
   */
  async prepare({ upstreamId, command, args, env: given, cwd: asked }: ChildCommand): Promise<Launch> {
    const path = given['PATH'] ?? this.settings.env.PATH ?? '';
    // The system of Windows knows names without their endings.
    const file = process.platform === 'win32' ? command : findProgram(command, path, asked ?? process.cwd());
    if (file === undefined) throw notStarted(`there is no program ${command}`);
    const user = this.userFor(upstreamId, [file, ...(asked === null ? [] : [asked]), ...args]);
    const own = this.folderOf(upstreamId, user);
    const env: Record<string, string> = {
      ...this.settings.env,
      ...(user !== null && user.uid !== 0 && { HOME: own }),
      ...given,
    };
    const cwd = asked ?? own;
    const wrappers = await this.wrappers();
    const wrapper = wrappers === null ? [] : wrapping(wrappers, this.settings.sandbox, user, { own, cwd });
    const [first = file, ...rest] = [...wrapper, file, ...args];
    return { file: first, args: rest, env, cwd, user };
  }

  /** The user that was not asked for gives way where it could not read what is to be run, but not where a sandbox has to be. */
  private userFor(upstreamId: string, paths: readonly string[]): ChildUser | null {
    const { user } = this;
    if (user === null) return null;
    if (process.getuid?.() !== 0 && process.getuid?.() !== user.uid)
      throw refused('STDIO_USER needs a gateway that runs as root');
    const closed = paths.find((path) => path.startsWith('/') && !mayRead(path, user));
    if (closed === undefined) return user;
    const reason = `${closed} cannot be read by user ${user.uid}, which it would run as (STDIO_USER)`;
    if (user !== OWN_USER || this.settings.sandbox.mode === 'require') throw notStarted(reason);
    this.logger.warn({ upstreamId, reason }, 'a stdio upstream runs as root');
    return null;
  }

  /** Null: none is wanted. */
  private async wrappers(): Promise<Wrappers | null> {
    const { mode, network } = this.settings.sandbox;
    if (mode === 'off') {
      if (!network) throw refused('STDIO_NETWORK=false needs a sandbox, and STDIO_SANDBOX is off');
      return null;
    }
    // A machine that was too busy for the trial is not so for ever.
    const isOld = this.foundAtMs !== 0 && performance.now() - this.foundAtMs > TRIED_AGAIN_AFTER_MS;
    if (isOld) {
      this.finding = undefined;
      this.foundAtMs = 0;
    }
    this.finding ??= this.find();
    const wrappers = await this.finding;
    const { bubblewrap } = wrappers;
    if (bubblewrap === 'works') return wrappers;
    if (mode === 'require') throw refused('STDIO_SANDBOX=require cannot be met', bubblewrap.missing);
    if (!network) throw refused('STDIO_NETWORK=false cannot be met', bubblewrap.missing);
    return wrappers;
  }

  private async find(): Promise<Wrappers> {
    const { env, sandbox } = this.settings;
    const wrappers = await findWrappers(env.PATH ?? '', sandbox, this.user);
    const { bubblewrap } = wrappers;
    if (bubblewrap === 'works') return wrappers;
    this.foundAtMs = performance.now();
    const message = 'stdio upstreams run without bubblewrap: they may see what the user that they run as sees';
    this.logger.warn({ reason: bubblewrap.missing, uid: this.user?.uid ?? process.getuid?.() }, message);
    return wrappers;
  }

  /** Made when it is first wanted; what is in it stays. */
  private folderOf(upstreamId: string, user: ChildUser | null): string {
    const all = user === null || mayPass(this.settings.folder, user) ? this.settings.folder : FOLDER_OF_ROOT;
    const own = join(all, upstreamId);
    try {
      mkdirSync(all, { recursive: true, mode: 0o711 });
      mkdirSync(own, { recursive: true, mode: 0o700 });
      if (user !== null && process.getuid?.() === 0) chownSync(own, user.uid, user.gid);
    } catch (error) {
      throw notStarted(`its folder ${own} cannot be made`, error);
    }
    return realpathSync(own);
  }
}

const refused = (reason: string, cause?: string) =>
  fail('upstream.refused', {
    message: `This upstream may not be reached from here: ${reason}`,
    executed: 'no',
    ...(cause !== undefined && { cause: new OperatorReason(cause) }),
  });

const notStarted = (reason: string, cause?: unknown) =>
  fail('upstream.unreachable', {
    message: 'The command of the upstream cannot be started',
    executed: 'no',
    cause: Object.assign(new OperatorReason(reason), { cause }),
  });
