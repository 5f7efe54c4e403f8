import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { ProcessEnvironment } from '#libs/config';
import { dataFolderHere } from '../../local/data-folder.js';
import type { RunningGateway } from '../../local/running-gateways.js';
import { bad, codeOf, type Finding, ok, warn } from './finding.js';

const FREE_BYTES_MIN = 512 * 1024 * 1024;
const MIB = 1024 * 1024;
const NODE_MAJOR = 24;

/** Node, the data folder, its disk, and the port, of a gateway that runs here or would. */
export const machineFindings = async (
  env: ProcessEnvironment,
  running: RunningGateway | null,
): Promise<readonly Finding[]> => {
  const folder = running?.dataDir ?? dataFolderHere(env);
  return [
    nodeFinding(),
    folderFinding(folder),
    diskFinding(folder),
    ...(running === null ? [await portFinding(env)] : []),
  ];
};

const nodeFinding = (): Finding => {
  const { node } = process.versions;
  return Number(node.split('.', 1)[0]) >= NODE_MAJOR
    ? ok('Node', node)
    : bad('Node', `${node} is too old`, `install Node ${NODE_MAJOR}`);
};

/** The folder itself, or the nearest one above it that is there. */
const standing = (folder: string): string => (existsSync(folder) ? folder : standing(dirname(folder)));

const folderFinding = (folder: string): Finding => {
  try {
    accessSync(standing(folder), constants.W_OK | constants.X_OK);
  } catch (error) {
    return bad(
      'data folder',
      `${folder} cannot be written to (${codeOf(error)})`,
      'set SWITCHYARD_DATA_DIR to one of yours',
    );
  }
  if (!existsSync(folder)) return ok('data folder', `${folder}, made at the first start`);
  const { mode } = statSync(folder);
  return (mode & 0o066) === 0
    ? ok('data folder', folder)
    : bad('data folder', `others can read ${folder}, which holds secrets`, `chmod 700 ${folder}`);
};

const diskFinding = (folder: string): Finding => {
  const { bavail, bsize } = statfsSync(standing(folder));
  const free = `${Math.floor((bavail * bsize) / MIB)} MiB free`;
  return bavail * bsize >= FREE_BYTES_MIN
    ? ok('disk', free)
    : bad('disk', `${free} for ${folder}`, 'make room: a database that cannot write stops');
};

const portFinding = async (env: ProcessEnvironment): Promise<Finding> => {
  const port = Number(env['PORT'] || 4444);
  const host = env['HOST'] || '127.0.0.1';
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    return ok('port', `${port} is free`);
  } catch (error) {
    const code = codeOf(error);
    return code === 'EADDRINUSE'
      ? bad('port', `${port} is taken by another program`, 'stop that one, or set PORT')
      : bad('port', `${host}:${port} cannot be listened on (${code})`, 'see HOST and PORT in switchyard help settings');
  } finally {
    server.close();
  }
};

/** Whether the gateway tells the same time as this machine. */
export const clockFinding = (dateHeader: string | null): Finding => {
  const seconds = dateHeader === null ? 0 : Math.round((Date.now() - Date.parse(dateHeader)) / 1_000);
  return Math.abs(seconds) <= 5
    ? ok('clock', 'the same as the gateway’s')
    : warn(
        'clock',
        `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} the gateway’s`,
        'set it by NTP: tokens begin and end by it',
      );
};
