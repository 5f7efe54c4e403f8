import fs from 'node:fs';
import path from 'node:path';

/**
 * The user postgres runs as. It refuses to run as root, so root hands it to `nobody`, whose id needs no entry in
 * `/etc/passwd`.
 */
export interface Runner {
  readonly uid?: number;
  readonly gid?: number;
}

const NOBODY = 65_534;

export const runner = (): Runner => (process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {});

/** Whether the runner can pass through every folder down to `target`, itself included. */
export const canReach = (target: string, { uid, gid }: Runner): boolean => {
  if (uid === undefined) return true;
  for (let at = fs.realpathSync(target); ; at = path.dirname(at)) {
    const stat = fs.statSync(at);
    const bit = stat.uid === uid ? 0o100 : stat.gid === gid ? 0o010 : 0o001;
    if ((stat.mode & bit) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
};

/** Makes the runner the owner. */
export const give = (target: string, { uid, gid }: Runner): void => {
  if (uid !== undefined && gid !== undefined) fs.lchownSync(target, uid, gid);
};

export const makeFolder = (folder: string, runner: Runner): void => {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  give(folder, runner);
};

/** The environment of a child: nothing of ours, which may hold secrets. */
export const bareEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
});
