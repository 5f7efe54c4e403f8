import { type IncomingHttpHeaders, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

// What any gateway on Node costs at least: reads the request, sends it on over a kept connection, writes the answer.
const target = new URL(process.argv[2] as string);
const pool = new Pool(target.origin, { connections: 64 });

const onward = ({
  'content-length': _length,
  connection: _connection,
  host: _host,
  ...headers
}: IncomingHttpHeaders): IncomingHttpHeaders => headers;

const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', async () => {
    try {
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      const answer = await pool.request({
        path: target.pathname,
        method: 'POST',
        headers: onward(req.headers),
        ...(body && { body }),
      });
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      const sessionId = answer.headers['mcp-session-id'];
      res.writeHead(answer.statusCode, {
        'content-type': String(answer.headers['content-type']),
        'content-length': bytes.length,
        ...(sessionId !== undefined && { 'mcp-session-id': sessionId }),
      });
      res.end(bytes);
    } catch (error) {
      res.writeHead(502).end(String(error));
    }
  });
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`);
});
process.on('disconnect', () => process.exit(0));
