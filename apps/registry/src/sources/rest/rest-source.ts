import { MASK, isQuery } from '#contracts/auth/upstream-secrets.rules';
import { fail } from '#libs/errors';
import { annotationsOf, restToolOf } from '#libs/openapi';
import { type ApiReading, apiToolOf } from '../api-reading.js';

/** What a tool that is described by hand says of its request. */
export interface RestToolForm {
  readonly name: string;
  readonly url: string;
  readonly requestType?: string;
  readonly title?: string;
  readonly description?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly inputSchema?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly pathTemplate?: string;
  readonly queryMapping?: Readonly<Record<string, string>>;
  readonly headerMapping?: Readonly<Record<string, string>>;
  /** jq. */
  readonly jsonpathFilter?: string;
}

/** The tool, as an HTTP API that has no other. Throws `http.invalid` where it makes no request. */
export const readRestTool = (form: RestToolForm): ApiReading => {
  const method = form.requestType ?? 'POST';
  const header = (name: string) =>
    Object.entries(form.headers ?? {}).find(([each]) => each.toLowerCase() === name)?.[1];
  const tool = restToolOf({
    url: form.url,
    method,
    pathTemplate: form.pathTemplate,
    queryMapping: form.queryMapping,
    headerMapping: form.headerMapping,
    contentType: header('content-type'),
    accept: header('accept'),
    inputSchema: form.inputSchema,
  });
  const annotations = { ...annotationsOf({ method }), ...form.annotations };
  const description = form.description ?? tool.key;
  const { key, binding, inputSchema, argumentsSchema } = tool;
  const shown = { name: form.name, description, inputSchema, annotations };
  return {
    baseUrl: tool.baseUrl,
    source: null,
    serverInfo: { name: form.name },
    tools: [
      apiToolOf(
        { ...shown, ...(form.title !== undefined && { title: form.title }) },
        { key, binding, argumentsSchema, ...(form.jsonpathFilter && { filter: form.jsonpathFilter }) },
      ),
    ],
    refused: [],
  };
};

/**
 * The form without the fixed query of its URL, which belongs to the credential: it may well be one. Members with a
 * placeholder are the caller's to fill and stay. Throws `http.invalid` for a mask.
 */
export const withoutQuery = <Form extends RestToolForm>(given: Form): { form: Form; query: string | null } => {
  const member = given.pathTemplate?.includes('?') === true ? 'pathTemplate' : 'url';
  const [before = '', ...behind] = (given[member] ?? '').split('?');
  const pairs = behind.join('?').split('&');
  const fixed = pairs.filter((pair) => pair !== '' && !pair.includes('{'));
  if (fixed.length === 0) return { form: given, query: null };
  const query = new URL(`http://h/?${fixed.join('&')}`).search.slice(1);
  if (query.includes(MASK)) throw fail('http.invalid', { message: `${member}: ${MASK} is no value` });
  if (!isQuery(query)) throw fail('http.invalid', { message: `${member} has a query that is too long` });
  const open = pairs.filter((pair) => pair.includes('{')).join('&');
  const form = { ...given, [member]: open === '' ? before : `${before}?${open}` };
  return { form: member === 'pathTemplate' ? { ...form, url: given.url.split('?', 1)[0] ?? '' } : form, query };
};

/** The fixed headers that belong to the credential: all but those that say how the body is written. */
export const credentialHeaders = ({ headers = {} }: RestToolForm): { key: string; value: string }[] =>
  Object.entries(headers)
    .filter(([key]) => !['content-type', 'accept'].includes(key.toLowerCase()))
    .map(([key, value]) => {
      if (value === '') throw fail('http.invalid', { message: `headers: "${key.slice(0, 64)}" has no value` });
      return { key, value };
    });
