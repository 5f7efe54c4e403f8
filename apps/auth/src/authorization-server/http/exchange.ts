import { IncomingMessage } from 'node:http';

/**
 * The request once more, with another URL and a body that was read, as sent to `issuer`: what it answers with begins with
 * the issuer's address, whatever the client or a proxy calls it.
 */
export const readAgain = (request: IncomingMessage, issuer: string, url: string, body: Buffer): IncomingMessage => {
  const { host, protocol } = new URL(issuer);
  const again = new IncomingMessage(request.socket);
  const { origin: _origin, 'transfer-encoding': _encoding, 'x-forwarded-host': _host, ...headers } = request.headers;
  Object.assign(again, {
    method: request.method,
    url,
    httpVersion: request.httpVersion,
    httpVersionMajor: request.httpVersionMajor,
    httpVersionMinor: request.httpVersionMinor,
    headers: {
      ...headers,
      host,
      'x-forwarded-proto': protocol.slice(0, -1),
      ...(body.length > 0 && { 'content-length': String(body.length) }),
    },
    complete: true,
  });
  if (body.length > 0) again.push(body);
  again.push(null);
  return again;
};
