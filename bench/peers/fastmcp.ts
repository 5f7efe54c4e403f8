import path from 'node:path';
import { freePort } from '#libs/testing';
import { installPython, lacksPython, pythonIn } from './python.js';
import { type Peer, answersAt, startProgram } from './peer.js';

const SOURCE = 'fastmcp==4.2.3';
const PYTHON = '3.10';

/** A proxy of FastMCP, as its documentation makes one. */
const programOf = (upstreamUrl: string, port: number): string => `
from fastmcp.server import create_proxy
create_proxy(${JSON.stringify(upstreamUrl)}, name='bench').run(
    transport='http', host='127.0.0.1', port=${port}, path='/mcp', log_level='ERROR', show_banner=False)
`;

export const fastmcp: Peer = {
  name: 'FastMCP proxy',
  source: SOURCE,
  eras: ['legacy', 'modern'],
  lacks: () => lacksPython(PYTHON),
  install: (folder) => installPython(folder, PYTHON, [SOURCE]),
  start: async (folder, upstreamUrl) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/mcp`;
    const args = ['-c', programOf(upstreamUrl, port)];
    const command = path.join(pythonIn(folder), 'python');
    const server = await startProgram({ command, args, cwd: folder, probe: answersAt(url) });
    return { urls: [url], token: null, pids: [server.pid], toolPrefix: '', stop: () => server.kill() };
  },
};
