import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { CLIENTS, type ClientFile, type ClientRecipe } from '#libs/client-files';
import { processEnvironment } from '#libs/config';
import { UsageError } from '../../terminal/failure.js';

/** A client whose file can be written. */
export interface WritableClient extends ClientRecipe {
  readonly file: ClientFile;
}

export const isWritable = (client: ClientRecipe): client is WritableClient => client.file !== undefined;

/** By its id. Throws `UsageError` where there is none. */
export const clientNamed = (id: string): ClientRecipe => {
  const found = CLIENTS.find((client) => client.id === id);
  if (found === undefined)
    throw new UsageError(`there is no client ${id}; there are ${CLIENTS.map((client) => client.id).join(', ')}`);
  return found;
};

/** Where applications of the system keep their files. */
const applicationsFolder = (): string => {
  const { XDG_CONFIG_HOME, APPDATA } = processEnvironment();
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support');
  if (process.platform === 'win32') return APPDATA ?? join(homedir(), 'AppData', 'Roaming');
  return XDG_CONFIG_HOME || join(homedir(), '.config');
};

const whole = (path: string): string => {
  if (path.startsWith('~/')) return join(homedir(), path.slice(2));
  if (path.startsWith('{config}/')) return join(applicationsFolder(), path.slice('{config}/'.length));
  return resolve(path);
};

/** The files of a client, of the project of here and of its user, as paths from the root. */
export const pathsOf = ({ project, global }: ClientFile): { readonly project?: string; readonly global?: string } => ({
  ...(project !== undefined && { project: whole(project) }),
  ...(global !== undefined && { global: whole(global) }),
});

/** The file that is meant: that of the project of here where the client has one, unless `isGlobal`. */
export const pathOf = ({ file, title }: WritableClient, isGlobal: boolean): string => {
  const { project, global } = pathsOf(file);
  const path = isGlobal ? global : (project ?? global);
  if (path === undefined) throw new UsageError(`${title} has a file for each project alone: leave --global out`);
  return path;
};
