import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { obeyWhenTold } from './garbage.js';

// An HTTP API with one operation, which answers with the text it is given; any other path is its document.
const DOCUMENT = JSON.stringify({
  openapi: '3.1.0',
  info: { title: 'Bench', version: '1' },
  paths: {
    '/say': {
      get: {
        operationId: 'rest',
        summary: 'Answers with the text it is given.',
        parameters: [{ name: 'text', in: 'query', required: true, schema: { type: 'string' } }],
        responses: { 200: { description: 'The text' } },
      },
    },
  },
});

const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://bench');
  const body = pathname === '/say' ? JSON.stringify({ text: searchParams.get('text') }) : DOCUMENT;
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
});
server.listen(0, '127.0.0.1', () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
obeyWhenTold();
process.on('disconnect', () => process.exit(0));
