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
        { key, binding, argumentsSchema },
      ),
    ],
    refused: [],
  };
};

/** The fixed headers that belong to the credential: all but those that say how the body is written. */
export const credentialHeaders = ({ headers = {} }: RestToolForm): { key: string; value: string }[] =>
  Object.entries(headers)
    .filter(([key]) => !['content-type', 'accept'].includes(key.toLowerCase()))
    .map(([key, value]) => {
      if (value === '') throw fail('http.invalid', { message: `headers: "${key.slice(0, 64)}" has no value` });
      return { key, value };
    });
