import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { EntryView, Gateway } from '#libs/testing';

/** What came of a document. */
export interface ImportedDocument {
  readonly id: string;
  /** As clients list them. */
  readonly names: readonly string[];
  /** Those that another server than the API's answers: they are off until somebody allows them. */
  readonly off: readonly string[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /** What must not be. */
  readonly faults: readonly string[];
}

interface ListedTool {
  readonly name: string;
  readonly inputSchema: object;
}

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const ARGUMENT = /^[A-Za-z0-9_.-]{1,64}$/;
const FAULTS_SHOWN = 5;
/** Schemas of different tools may have the same `$id`. */
const ajv = new Ajv2020({ strict: false, validateFormats: false, addUsedSchema: false });

export const startDocumentServer = async (document: string) => {
  const server: Server = createServer((_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json' }).end(document);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/openapi`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** An API, and where its document is. */
export interface DocumentSource {
  readonly name: string;
  readonly documentUrl: string;
  readonly serverUrl?: string;
}

/** What a preview says that an import would bring. */
export interface DocumentPreview {
  readonly tools: readonly { readonly name: string; readonly otherOrigin: string | null }[];
  readonly skipped: readonly { readonly reason: string }[];
}

/** What an API would become; rejects where the document cannot be read as a whole. */
export const previewDocument = (gateway: Gateway, source: DocumentSource): Promise<DocumentPreview> =>
  gateway.admin.call('POST', '/openapi/preview', { ...source, paths: ['/'] });

/** Registers the API; rejects where the document cannot be read as a whole. */
export const registerDocument = (gateway: Gateway, { name, ...source }: DocumentSource) =>
  gateway.admin.register({ name, transport: 'OPENAPI', openapi: { ...source, paths: ['/'] } });

/**
 * Lists what an API became by every official SDK in every era that it speaks, and looks for what no client or model can take, and for
 * what a preview said otherwise.
 */
export const checkDocument = async (
  gateway: Gateway,
  registered: Awaited<ReturnType<typeof registerDocument>>,
  preview?: DocumentPreview,
): Promise<ImportedDocument> => {
  const { id: serverId } = await gateway.admin.createServer(registered.name, [registered]);
  const path = `/servers/${serverId}/mcp`;
  const lists: Record<string, readonly ListedTool[]> = {
    'SDK 2, modern': await listedByV2(gateway, 'modern', path),
    'SDK 2, legacy': await listedByV2(gateway, 'legacy', path),
    'SDK 1, legacy': await listedByV1(gateway, path),
  };
  await gateway.admin.call('DELETE', `/servers/${serverId}`);
  const tools = lists['SDK 2, modern'] ?? [];
  const names = tools.map(({ name }) => name);
  const stored = await gateway.admin.call<EntryView[]>(
    'GET',
    `/tools?gateway_id=${registered.id}&include_inactive=true`,
  );
  const off = stored.filter(({ enabled }) => enabled === false).map(({ name }) => name);
  const skipped = (registered['refused'] ?? []) as ImportedDocument['skipped'];
  const faults = [
    ...Object.entries(lists)
      .filter(([, list]) => JSON.stringify(list.map(({ name }) => name)) !== JSON.stringify(names))
      .map(([by, list]) => `${by} lists ${list.length} tools, not the same ${names.length}`),
    ...(names.length + off.length === registered['toolCount']
      ? []
      : [`${names.length} and ${off.length} that are off are not all ${registered['toolCount']}`]),
    ...namesAtFault([...names, ...off]),
    ...tools.flatMap(schemaFaults),
    ...skipped.filter(({ reason }) => !reason).map(({ name }) => `${name} is skipped without a reason`),
    ...(preview === undefined ? [] : previewFaults(preview, { names, off, skipped })),
  ];
  return { id: registered.id, names, off, skipped, faults: shown(faults) };
};

const previewFaults = (
  preview: DocumentPreview,
  { names, off, skipped }: Pick<ImportedDocument, 'names' | 'off' | 'skipped'>,
): string[] => {
  const isOff = ({ otherOrigin }: DocumentPreview['tools'][number]): boolean => otherOrigin !== null;
  const pairs = [
    ['tools', preview.tools.length, names.length + off.length],
    ['that are off', preview.tools.filter(isOff).length, off.length],
    ['skipped', preview.skipped.length, skipped.length],
  ] as const;
  return pairs
    .filter(([, said, came]) => said !== came)
    .map(([what, said, came]) => `the preview said ${said} ${what}, and ${came} came`);
};

const shown = (faults: readonly string[]): string[] =>
  faults.length <= FAULTS_SHOWN
    ? [...faults]
    : [...faults.slice(0, FAULTS_SHOWN), `and ${faults.length - FAULTS_SHOWN} more`];

const namesAtFault = (names: readonly string[]): string[] => {
  const seen = new Set<string>();
  return names.flatMap((name) => {
    const isTwice = seen.has(name.toLowerCase());
    seen.add(name.toLowerCase());
    if (!NAME.test(name)) return [`the name ${name} is invalid`];
    return isTwice ? [`the name ${name} is there twice`] : [];
  });
};

const schemaFaults = ({ name, inputSchema }: ListedTool): string[] => {
  const { type, properties = {} } = inputSchema as { type?: unknown; properties?: object };
  const bad = Object.keys(properties).filter((argument) => !ARGUMENT.test(argument));
  const faults = bad.map((argument) => `${name}: the argument ${argument} is invalid`);
  if (type !== 'object') faults.push(`${name}: its schema is no object`);
  try {
    ajv.compile(inputSchema);
  } catch (error) {
    faults.push(`${name}: ${String(error).slice(0, 200)}`);
  }
  return faults;
};

const listedByV2 = async (gateway: Gateway, era: 'modern' | 'legacy', path: string): Promise<ListedTool[]> => {
  const client = await gateway.client(era, { path });
  try {
    return await allPages((cursor) => client.listTools(cursor === undefined ? {} : { cursor }));
  } finally {
    await client.close();
  }
};

const listedByV1 = async (gateway: Gateway, path: string): Promise<ListedTool[]> => {
  const client = new ClientV1({ name: 'documents', version: '1' });
  const headers = { authorization: `Bearer ${gateway.adminToken}` };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${gateway.url}${path}`), { requestInit: { headers } }) as never,
  );
  try {
    return await allPages((cursor) => client.listTools(cursor === undefined ? {} : { cursor }));
  } finally {
    await client.close();
  }
};

interface Page {
  readonly tools: readonly ListedTool[];
  readonly nextCursor?: string | undefined;
}

const allPages = async (list: (cursor?: string) => Promise<Page>): Promise<ListedTool[]> => {
  const tools: ListedTool[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(cursor);
    tools.push(...page.tools);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return tools;
};
