import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Gateway, type ReceivedRequest, startRestDouble } from '#libs/testing';
import { documentOf, REQUEST_CASES, type RequestCase } from './request-cases.js';

interface Oracle {
  execute(asked: {
    readonly spec: object;
    readonly operationId: string;
    readonly parameters: object;
    readonly requestBody?: unknown;
    readonly requestContentType?: string;
  }): Promise<unknown>;
}

/** What came of the comparison: how many are the same, and each that is not as it was said to be. */
export interface Compared {
  readonly same: number;
  readonly named: readonly RequestCase[];
  readonly faults: readonly string[];
}

/** Has the gateway and `swagger-client` call every operation with the same values, and compares what the API received. */
export const compareRequests = async (gateway: Gateway, folder: string): Promise<Compared> => {
  const oracle = createRequire(join(folder, 'package.json'))('swagger-client') as Oracle;
  const api = await startRestDouble();
  const document = documentOf(REQUEST_CASES, api.url);
  const { id } = await gateway.admin.register({
    name: 'styles',
    transport: 'OPENAPI',
    openapi: { document: JSON.stringify(document) },
    toolPrefix: '',
    toolNameStyle: 'exact',
  });
  const client = await gateway.client('modern');
  /** What came, or that nothing did. */
  const receivedBy = async (send: () => Promise<unknown>): Promise<string> => {
    api.received.length = 0;
    try {
      await send();
    } catch {
      // What matters is whether anything came.
    }
    const [request] = api.received;
    return request === undefined ? 'nothing' : await textOf(request);
  };
  try {
    const faults: string[] = [];
    let same = 0;
    for (const [at, each] of REQUEST_CASES.entries()) {
      const { content, value, oracleValue = value, difference } = each;
      const [mediaType] = Object.keys(content ?? {});
      const name = `c${at}`;
      const ours = await receivedBy(() =>
        client.callTool({ name, arguments: { [content === undefined ? 'c' : 'body']: value } }),
      );
      const theirs = await receivedBy(() =>
        oracle.execute({
          spec: structuredClone(document),
          operationId: name,
          parameters: content === undefined ? { c: oracleValue } : {},
          ...(mediaType !== undefined && { requestBody: oracleValue, requestContentType: mediaType }),
        }),
      );
      const isAsSaid = difference !== undefined && difference.ours === ours && difference.theirs === theirs;
      if (ours === theirs && difference === undefined) same += 1;
      else if (!isAsSaid) faults.push(JSON.stringify({ [each.name]: { ours, theirs } }));
    }
    return { same, named: REQUEST_CASES.filter(({ difference }) => difference !== undefined), faults };
  } finally {
    await client.close();
    await gateway.admin.call('DELETE', `/gateways/${id}`);
    await api.stop();
  }
};

/** What of a request is the document's to say, without the number of the case. */
const textOf = async ({ target, headers, body }: ReceivedRequest): Promise<string> => {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1);
  const said = [
    target.replace(/^\/c\d+/, ''),
    ...(headers['c'] === undefined ? [] : [`c: ${headers['c']}`]),
    ...(headers['cookie'] === undefined ? [] : [`cookie: ${headers['cookie']}`]),
    ...(type === '' || body.length === 0 ? [] : [type]),
    ...(type === 'multipart/form-data' ? await partsOf(headers['content-type'] ?? '', body) : bodyText(body)),
  ];
  return said.join(' ').trim();
};

const bodyText = (body: Buffer): string[] => (body.length === 0 ? [] : [body.toString('latin1')]);

const partsOf = async (type: string, body: Buffer): Promise<string[]> => {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  return Promise.all(
    [...form].map(async ([name, part]) =>
      typeof part === 'string'
        ? `${name}=${part}`
        : `${name}=${part.type}:${Buffer.from(await part.arrayBuffer()).toString('hex')}`,
    ),
  );
};
