import type { A2aSource } from '../../sources/a2a/a2a-source.js';
import type { GrpcSource } from '../../sources/grpc/grpc-source.js';
import type { ReadSource } from '../../sources/read-source.js';
import { type FileEntry, isEmpty, isObject, LeftOut } from '../file-entry.js';

/** A member of a file, and of a body. */
type Names = readonly (readonly [file: string, body: string])[];

const OPENAPI: Names = [
  ['document_url', 'documentUrl'],
  ['document', 'document'],
  ['server_url', 'serverUrl'],
  ['server_index', 'serverIndex'],
  ['variables', 'variables'],
  ['tags', 'tags'],
  ['methods', 'methods'],
  ['paths', 'paths'],
  ['operations', 'operations'],
  ['credential_parameters', 'credentialParameters'],
  ['body_media_types', 'bodyMediaTypes'],
  ['response_filters', 'responseFilters'],
  ['read_only_operations', 'readOnlyOperations'],
  ['output_schemas', 'outputSchemas'],
];
const GRPC: Names = [
  ['reflection', 'reflection'],
  ['services', 'services'],
  ['proto_field_names', 'protoFieldNames'],
  ['descriptor_set', 'descriptorSet'],
  ['proto_files', 'protoFiles'],
];
const A2A: Names = [
  ['endpoint', 'endpoint'],
  ['protocol_version', 'protocolVersion'],
];

/** Every path: what a file without a choice says, where there was one before. */
const ALL_PATHS = ['/'];

/** By the transport that is no MCP server's: how it is read, as a file has it. Empty members are left out. */
export const exportedOpenApi = (source: ReadSource): FileEntry => {
  if (source.documentUrl === null)
    throw new LeftOut('its document was handed over and is not kept: hand it over again');
  return openApiForm(source);
};

/** The same of any, also of one whose document was handed over. */
export const openApiForm = ({ choice, publishesOutputSchemas, documentUrl, ...source }: ReadSource): FileEntry => {
  const { paths, ...words } = choice;
  const all = paths?.length === 1 && paths[0] === ALL_PATHS[0];
  return fileForm(OPENAPI, {
    ...source,
    ...words,
    ...(all ? {} : { paths }),
    documentUrl: documentUrl === null ? undefined : withoutQuery(documentUrl),
    outputSchemas: publishesOutputSchemas || undefined,
  });
};

export const exportedGrpc = (source: GrpcSource, descriptorSet: string | null): FileEntry =>
  fileForm(GRPC, {
    ...(source.reflection ? {} : { reflection: false, descriptorSet }),
    services: source.services,
    protoFieldNames: source.protoFieldNames || undefined,
  });

export const exportedA2a = (source: A2aSource): FileEntry => fileForm(A2A, { ...source });

/** The body of what a file has. `before`: whether something is there already, whose choice goes where the file has none. */
export const openApiBody = (entry: FileEntry, isUpdate: boolean): FileEntry => {
  const body = bodyForm('openapi', OPENAPI, entry['openapi']);
  const hasChoice = ['tags', 'methods', 'paths', 'operations'].some((member) => member in body);
  if (!isUpdate) return body;
  const nothing = {
    variables: {},
    credentialParameters: [],
    bodyMediaTypes: {},
    responseFilters: {},
    readOnlyOperations: [],
  };
  return { ...nothing, outputSchemas: false, ...(hasChoice ? {} : { paths: ALL_PATHS }), ...body };
};

export const grpcBody = (entry: FileEntry, isUpdate: boolean): FileEntry => {
  const { reflection, ...body } = bodyForm('grpc', GRPC, entry['grpc']);
  const isHandedOver = 'descriptorSet' in body || 'protoFiles' in body;
  const handedOver = isHandedOver ? {} : { reflection: reflection ?? true };
  return { ...(isUpdate && { services: [], protoFieldNames: false }), ...handedOver, ...body };
};

export const a2aBody = (entry: FileEntry): FileEntry => ({
  endpoint: null,
  protocolVersion: null,
  ...bodyForm('a2a', A2A, entry['a2a']),
});

/** What is handed over in the place of what the server is asked. */
const HANDED_OVER = ['document', 'descriptor_set', 'proto_files'];

/** Whether an entry hands over what a reading of it would tell; otherwise it says where that is. */
export const handsOver = ({ openapi, grpc }: FileEntry): boolean =>
  [openapi, grpc].some((member) => isObject(member) && HANDED_OVER.some((name) => !isEmpty(member[name])));

/** A form without what was handed over, and that it was. */
export const withoutHandedOver = (form: FileEntry): FileEntry =>
  Object.fromEntries(Object.entries(form).filter(([name]) => !HANDED_OVER.includes(name) && name !== 'reflection'));

/** What a file says, without what says nothing: two that say the same are equal. */
export const canonical = (member: unknown): FileEntry => {
  if (!isObject(member)) return {};
  const said = Object.entries(member).filter(([name, value]) => !isEmpty(value) && !isDefault(name, value));
  return Object.fromEntries(
    said.map(([name, value]) => [name, name === 'document_url' ? withoutQuery(String(value)) : value]),
  );
};

const isDefault = (name: string, value: unknown): boolean =>
  (name === 'output_schemas' && value === false) ||
  (name === 'proto_field_names' && value === false) ||
  (name === 'reflection' && value === true);

/** It is kept with the credential, and cannot be compared. */
const withoutQuery = (url: string): string => url.split('?', 1)[0] as string;

const fileForm = (names: Names, source: FileEntry): FileEntry =>
  Object.fromEntries(names.flatMap(([file, body]) => (isEmpty(source[body]) ? [] : [[file, source[body]]])));

const bodyForm = (member: string, names: Names, given: unknown): FileEntry => {
  if (given !== undefined && given !== null && !isObject(given)) throw new LeftOut(`its ${member} is no object`);
  const known = new Map(names);
  const said = Object.entries(given ?? {}).filter(([, value]) => !isEmpty(value));
  const stray = said.find(([name]) => !known.has(name));
  if (stray !== undefined) throw new LeftOut(`its ${member}.${stray[0].slice(0, 64)} is not known here`);
  return Object.fromEntries(said.map(([name, value]) => [known.get(name) as string, value]));
};
