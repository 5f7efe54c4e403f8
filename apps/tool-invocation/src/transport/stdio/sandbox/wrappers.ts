import { execFile } from 'node:child_process';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { dirname } from 'node:path';
import type { Settings } from '../../../tool-invocation.settings.js';
import { type ChildUser, findProgram, mayPass } from './reach.js';

export type SandboxSettings = Settings['stdio']['sandbox'];

/** The programs that a child is started through, each by its path. */
export interface Wrappers {
  /** With its own view of files and processes; or why that cannot be had. */
  readonly bubblewrap: 'works' | { readonly missing: string };
  readonly program: (name: string) => string | undefined;
}

const PROBE_MS = 5_000;
/** The gateway goes first when both want the processor. */
const NICENESS = '5';

/** What precedes the command of a child. `own`: its folder, which it sees though what lies around it is hidden. */
export const wrapping = (
  { program, bubblewrap }: Wrappers,
  sandbox: SandboxSettings,
  user: ChildUser | null,
  { own, cwd }: { own: string | null; cwd: string },
): readonly string[] => {
  const isApart = bubblewrap === 'works';
  return [
    ...(isApart ? apart(program, sandbox, user, { own, cwd }) : withoutPrivileges(program)),
    ...limits(program, sandbox, isApart),
    ...(program('nice') === undefined ? [] : [program('nice') as string, '-n', NICENESS]),
  ];
};

/**
 * Bubblewrap: the files of the host as its user sees them, but for what is hidden; its own processes alone. SIGTERM to the
 * group reaches the child but not bubblewrap, which would kill the child at once.
 */
const apart = (
  program: Wrappers['program'],
  { hidden, network }: SandboxSettings,
  user: ChildUser | null,
  { own, cwd }: { own: string | null; cwd: string },
): string[] => {
  // Those of others lie beside its own.
  const covering = own === null ? hidden : [...hidden, dirname(own)];
  const seen = new Set(covering.filter((path) => existsSync(path)).map((path) => realpathSync(path)));
  const covered = [...seen].filter((path) => user === null || mayPass(dirname(path), user));
  return [
    program('env') as string,
    '--ignore-signal=TERM',
    program('bwrap') as string,
    '--unshare-user',
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(network ? [] : ['--unshare-net']),
    '--die-with-parent',
    ...(isRoot(user) ? ['--bind', '/', '/', '--dev', '/dev'] : ['--dev-bind', '/', '/']),
    '--proc',
    '/proc',
    ...covered.flatMap((path) => (statSync(path).isDirectory() ? ['--tmpfs', path] : ['--ro-bind', '/dev/null', path])),
    ...(own === null ? [] : ['--bind', own, own]),
    '--chdir',
    cwd,
    '--',
    program('env') as string,
    '--default-signal=TERM',
  ];
};

/** Who could open every device of the host, were they there. */
const isRoot = (user: ChildUser | null): boolean => (user?.uid ?? process.getuid?.()) === 0;

const withoutPrivileges = (program: Wrappers['program']): string[] => {
  const setpriv = program('setpriv');
  return setpriv === undefined ? [] : [setpriv, '--no-new-privs', '--'];
};

/** The number of processes is counted per user, and so means this child's alone only where it is apart and counted apart. */
const limits = (
  program: Wrappers['program'],
  { memoryBytesMax, tasksMax, cpuSecondsMax }: SandboxSettings,
  isApart: boolean,
): string[] => {
  const prlimit = program('prlimit');
  if (prlimit === undefined) return [];
  return [
    prlimit,
    '--core=0',
    ...(memoryBytesMax === 0 ? [] : [`--data=${memoryBytesMax}`]),
    ...(cpuSecondsMax === 0 ? [] : [`--cpu=${cpuSecondsMax}`]),
    ...(tasksMax === 0 || !isApart || !countsPerNamespace() ? [] : [`--nproc=${tasksMax}`]),
    '--',
  ];
};

/** Older kernels count all that a user has, in whichever namespace. */
const countsPerNamespace = (): boolean => {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 14);
};

const NEEDED = ['bwrap', 'env', 'prlimit'];

/** Finds the programs, and tries whether bubblewrap may do its work here: containers and some systems forbid it. */
export const findWrappers = async (
  path: string,
  sandbox: SandboxSettings,
  user: ChildUser | null,
): Promise<Wrappers> => {
  const found = new Map<string, string | undefined>();
  const program = (name: string): string | undefined => {
    if (!found.has(name)) found.set(name, process.platform === 'linux' ? findProgram(name, path, '/') : undefined);
    return found.get(name);
  };
  const absent = NEEDED.filter((name) => program(name) === undefined);
  if (absent.length > 0) return { program, bubblewrap: { missing: `there is no ${absent.join(', no ')} on the PATH` } };
  const works: Wrappers = { program, bubblewrap: 'works' };
  const [file, ...args] = [...wrapping(works, sandbox, user, { own: null, cwd: '/' }), program('env') as string];
  const failure = await new Promise<string | null>((resolve) => {
    const options = { timeout: PROBE_MS, env: {}, ...user, cwd: '/' };
    execFile(file as string, args, options, (error, _stdout, stderr) =>
      resolve(error === null ? null : stderr.trim().split('\n').at(-1) || error.message),
    );
  });
  return failure === null ? works : { program, bubblewrap: { missing: failure } };
};
