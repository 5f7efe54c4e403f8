import { type IncomingHttpHeaders, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { Agent } from 'undici';
import { obeyWhenTold } from './garbage.js';

// What any gateway on Node costs at least: reads the request, sends it on over a kept connection, writes the answer.
const target = new URL(process.argv[2] as string);
const agent = new Agent({ bodyTimeout: 0 });

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
      const answer = await agent.request({
        origin: target.origin,
        path: target.pathname,
        method: 'POST',
        headers: onward(req.headers),
        ...(body && { body }),
      });
      const contentType = String(answer.headers['content-type']);
      const sessionId = answer.headers['mcp-session-id'];
      const headers = { 'content-type': contentType, ...(sessionId !== undefined && { 'mcp-session-id': sessionId }) };
      if (contentType === 'text/event-stream') {
        res.writeHead(answer.statusCode, headers);
        return void pipeline(answer.body, res, () => {});
      }
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      res.writeHead(answer.statusCode, { ...headers, 'content-length': bytes.length });
      res.end(bytes);
    } catch (error) {
      res.writeHead(502).end(String(error));
    }
  });
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', 4_096, () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`);
});
obeyWhenTold();
process.on('disconnect', () => process.exit(0));
