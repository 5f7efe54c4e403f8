import type { ServerResponse } from 'node:http';

type Headers = Readonly<Record<string, string>>;

const NO_HEADERS: Headers = {};

/** One JSON answer. Text and headers leave in one write. */
export const answerJson = (
  response: ServerResponse,
  httpStatus: number,
  text: string | Buffer,
  headers: Headers = NO_HEADERS,
): void => {
  const length = typeof text === 'string' ? Buffer.byteLength(text) : text.length;
  const flat = ['Content-Type', 'application/json', 'Content-Length', String(length)];
  for (const name in headers) flat.push(name, headers[name] as string);
  response.writeHead(httpStatus, flat);
  response.end(text);
};

export const answerEmpty = (response: ServerResponse, httpStatus: number, headers: Headers = NO_HEADERS): void => {
  const flat = ['Content-Length', '0'];
  for (const name in headers) flat.push(name, headers[name] as string);
  response.writeHead(httpStatus, httpStatus === 204 ? flat.slice(2) : flat);
  response.end();
};
