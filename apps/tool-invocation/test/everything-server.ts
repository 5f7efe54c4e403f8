import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { freePort } from '#libs/testing';

export const everythingScript = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-everything/dist/index.js',
);

/** It would listen on every interface; this makes it listen on the loopback one alone. */
const LOOPBACK = `data:text/javascript,${encodeURIComponent(
  "import net from 'node:net';const l=net.Server.prototype.listen;net.Server.prototype.listen=function(p,...r){return l.call(this,{port:Number(p?.port??p),host:'127.0.0.1'},...r.filter((x)=>typeof x==='function'))};",
)}`;

/** The official reference server in a process of its own. */
export const startEverything = async (
  transport: 'sse' | 'streamableHttp',
): Promise<{ url: string; close(): Promise<void> }> => {
  const port = await freePort();
  const child = spawn(process.execPath, ['--import', LOOPBACK, everythingScript, transport], {
    env: { PATH: process.env.PATH, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.resume();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('server-everything did not start')), 15_000);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.once('exit', () => reject(new Error(`server-everything ended: ${said}`)));
    const probe = setInterval(async () => {
      const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
      if (response === undefined) return;
      clearInterval(probe);
      clearTimeout(timer);
      resolve();
    }, 50);
  });
  return {
    url: `http://127.0.0.1:${port}${transport === 'sse' ? '/sse' : '/mcp'}`,
    close: async () => {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await exited;
    },
  };
};
