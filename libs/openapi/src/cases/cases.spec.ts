import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import {
  buildRequest,
  compileCheck,
  type HttpTool,
  importTools,
  type ImportOptions,
  readDocument,
  resultOf,
} from '#libs/openapi';

interface ExpectedTool {
  readonly operation?: string;
  readonly name?: string;
  readonly nameMatches?: string;
  readonly maxLength?: number;
  readonly title?: string;
  readonly description?: string;
  readonly properties?: string[];
  readonly required?: string[];
  readonly propertySchemas?: Record<string, object>;
  readonly annotations?: object;
  readonly noExternalRef?: boolean;
  readonly warnings?: string[];
}

interface ExpectedRequest {
  readonly method?: string;
  readonly path?: string;
  readonly url?: string;
  readonly rawQuery?: string;
  readonly pairs?: [string, string][];
  readonly rawContains?: string[];
  readonly headers?: Record<string, string>;
  readonly contentType?: string;
  readonly contentTypeStartsWith?: string;
  readonly body?: string;
  readonly noBody?: boolean;
  readonly form?: [string, string][];
  readonly parts?: { name: string; filename?: string; bytesText?: string; text?: string }[];
}

interface Call {
  readonly tool: string;
  readonly arguments?: Record<string, unknown>;
  readonly request?: ExpectedRequest;
  readonly error?: { textContains: string };
  readonly response?: {
    status: number;
    contentType?: string;
    headers?: Record<string, string>;
    body?: string;
    bodyBase64?: string;
    bodyTooLarge?: boolean;
  };
  readonly result?: {
    isError: boolean;
    structuredContent?: unknown;
    text?: string;
    textJson?: unknown;
    textSays?: string;
    textContains?: string[];
    content?: object[];
  };
}

interface Case {
  readonly subject: string;
  readonly document: object;
  readonly options?: ImportOptions['server'];
  readonly expected: {
    readonly withoutServerUrl?: { messageSays: string };
    readonly tools: ExpectedTool[];
    readonly schemaChecks?: { tool: string; valid?: object; invalid?: object }[];
    readonly calls?: Call[];
  };
}

const caseOf = (name: string): Case =>
  JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8')) as Case;

const ajv = new Ajv2020({ strict: false, validateFormats: false });

describe.each(
  ['names', 'query-styles', 'swagger-2', 'schema-dialect', 'responses'].map((name) => [name, caseOf(name)]),
)('the document %s', (_, { document, options, expected }) => {
  const read = readDocument(JSON.stringify(document));
  const imported = importTools(read, options === undefined ? {} : { server: options });
  const toolOf = (name: string): HttpTool => imported.tools.find((tool) => tool.name === name) as HttpTool;

  it('a document makes a tool of every operation', () => {
    expect(imported.tools).toHaveLength(expected.tools.length);
    expect(imported.skipped).toEqual([]);
    expect(new Set(imported.tools.map((tool) => tool.name.toLowerCase())).size).toBe(imported.tools.length);
  });

  if (expected.withoutServerUrl !== undefined) {
    it('a document needs a server URL where it names no host', () => {
      expect(() => importTools(read)).toThrow(expected.withoutServerUrl?.messageSays);
    });
  }

  it.each(expected.tools)('a document describes $operation $name as expected', (wanted) => {
    const tool =
      wanted.operation === undefined
        ? toolOf(wanted.name as string)
        : (imported.tools.find((each) => each.key === wanted.operation) as HttpTool);
    if (wanted.name !== undefined) expect(tool.name).toBe(wanted.name);
    if (wanted.nameMatches !== undefined) expect(tool.name).toMatch(new RegExp(wanted.nameMatches));
    expect(tool.name.length).toBeLessThanOrEqual(wanted.maxLength ?? 64);
    if (wanted.title !== undefined) expect(tool.title).toBe(wanted.title);
    if (wanted.description !== undefined) expect(tool.description).toBe(wanted.description);
    const properties = tool.inputSchema['properties'] as object;
    if (wanted.properties !== undefined) expect(Object.keys(properties).sort()).toEqual([...wanted.properties].sort());
    if (wanted.required !== undefined) expect(tool.inputSchema['required'] ?? []).toEqual(wanted.required);
    if (wanted.propertySchemas !== undefined) expect(properties).toMatchObject(wanted.propertySchemas);
    if (wanted.annotations !== undefined) expect(tool.annotations).toMatchObject(wanted.annotations);
    if (wanted.warnings !== undefined) expect(tool.warnings).toEqual(wanted.warnings);
    const text = JSON.stringify([tool.inputSchema, tool.argumentsSchema]);
    expect(text).not.toMatch(/nullable|#\/components|#\/definitions|"exclusiveM\w+":(true|false)/);
    expect(JSON.stringify(tool.inputSchema)).not.toContain('"$ref"');
    expect(JSON.stringify(tool.inputSchema).length).toBeLessThan(8_192);
    expect(() => ajv.compile(tool.inputSchema)).not.toThrow();
    if (tool.argumentsSchema !== null) expect(() => ajv.compile(tool.argumentsSchema as object)).not.toThrow();
  });

  for (const { tool: name, valid, invalid } of expected.schemaChecks ?? []) {
    it(`a document ${valid === undefined ? 'refuses' : 'takes'} ${JSON.stringify(valid ?? invalid)} for ${name}`, () => {
      const tool = toolOf(name);
      const problem = compileCheck(tool.argumentsSchema ?? tool.inputSchema)(valid ?? invalid);
      if (valid === undefined) expect(problem).not.toBeNull();
      else expect(problem).toBeNull();
      if (valid !== undefined) expect(ajv.validate(tool.inputSchema, valid)).toBe(true);
    });
  }

  for (const call of expected.calls ?? []) {
    it(`a document calls ${call.tool} with ${JSON.stringify(call.arguments ?? call.response)}`, () => {
      const tool = toolOf(call.tool);
      const build = () =>
        buildRequest(
          tool.binding,
          imported.baseUrl,
          JSON.stringify(call.arguments),
          compileCheck(tool.argumentsSchema ?? tool.inputSchema),
        );
      if (call.error !== undefined) expect(build).toThrow(call.error.textContains);
      if (call.request !== undefined) checkRequest(build(), call.request);
      if (call.response !== undefined && call.result !== undefined) checkResult(call.response, call.result);
    });
  }
});

const pairsIn = (text: string): [string, string][] => [...new URLSearchParams(text)];

const checkRequest = (request: ReturnType<typeof buildRequest>, wanted: ExpectedRequest): void => {
  const url = new URL(request.url);
  // What is sent is what was built: the parser moves nothing.
  expect(url.href).toBe(request.url);
  const query = request.url.split('?')[1] ?? '';
  const headers = Object.fromEntries(request.headers);
  const text = Buffer.from(request.body ?? '').toString();
  if (wanted.method !== undefined) expect(request.method).toBe(wanted.method);
  if (wanted.path !== undefined) expect(url.pathname).toBe(wanted.path);
  if (wanted.url !== undefined) expect(request.url.split('?')[0]).toBe(wanted.url);
  if (wanted.rawQuery !== undefined) expect(query).toBe(wanted.rawQuery);
  if (wanted.pairs !== undefined) expect(pairsIn(query)).toEqual(wanted.pairs);
  for (const part of wanted.rawContains ?? []) expect(query).toContain(part);
  if (wanted.headers !== undefined) expect(headers).toMatchObject(wanted.headers);
  if (wanted.contentType !== undefined) expect(headers['content-type']).toBe(wanted.contentType);
  if (wanted.contentTypeStartsWith !== undefined) {
    expect(headers['content-type']?.startsWith(wanted.contentTypeStartsWith)).toBe(true);
  }
  if (wanted.body !== undefined) expect(text).toBe(wanted.body);
  if (wanted.noBody === true) expect([request.body, headers['content-type']]).toEqual([null, undefined]);
  if (wanted.form !== undefined) expect(pairsIn(text)).toEqual(wanted.form);
  for (const part of wanted.parts ?? []) {
    const file = part.filename === undefined ? '' : '; filename="[^"]+"';
    const content = part.bytesText ?? part.text ?? '';
    expect(text).toMatch(new RegExp(`name="${part.name}"${file}(\r\nContent-Type: [^\r]+)?\r\n\r\n${content}\r\n--`));
  }
};

const checkResult = (response: NonNullable<Call['response']>, wanted: NonNullable<Call['result']>): void => {
  const { status, contentType, headers, body = '', bodyBase64, bodyTooLarge } = response;
  const bytes = bodyBase64 === undefined ? Buffer.from(body) : Buffer.from(bodyBase64, 'base64');
  const result = resultOf(
    {
      status,
      statusText: '',
      headers: { ...headers, ...(contentType !== undefined && { 'content-type': contentType }) },
      body: bodyTooLarge ? null : bytes,
    },
    { bodyBytesMax: 1_000 },
  );
  const { content, structuredContent, isError } = JSON.parse(result.text) as {
    content: { text: string }[];
    structuredContent?: unknown;
    isError: boolean;
  };
  expect([isError, result.isError]).toEqual([wanted.isError, wanted.isError]);
  const text = content[0]?.text;
  if (wanted.structuredContent === 'absent') expect(structuredContent).toBeUndefined();
  else if (wanted.structuredContent !== undefined) expect(structuredContent).toEqual(wanted.structuredContent);
  if (wanted.text !== undefined) expect(text).toBe(wanted.text);
  if (wanted.textJson !== undefined) expect(JSON.parse(text ?? '')).toEqual(wanted.textJson);
  if (wanted.textSays !== undefined) expect(text).toContain(wanted.textSays.replace('N', '1000'));
  for (const part of wanted.textContains ?? []) expect(text).toContain(part);
  if (wanted.content !== undefined) expect(content).toEqual(wanted.content);
};
