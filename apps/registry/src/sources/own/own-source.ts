import type { OwnArgument, OwnContent } from '#contracts/registry/resolve-own-content.request';
import { fail } from '#libs/errors';
import { TemplateRefused, compilePromptTemplate, compileTemplate, readableUriTemplate } from '#libs/templates';

/** An argument as it is given; what is left out is decided by the template. */
export interface ArgumentForm {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly required?: boolean | undefined;
  readonly values?: readonly string[] | undefined;
}

export interface PromptForm {
  readonly name: string;
  readonly title?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly template: string;
  readonly arguments?: readonly ArgumentForm[] | undefined;
}

export interface ResourceForm {
  readonly uri?: string | null | undefined;
  readonly uriTemplate?: string | null | undefined;
  readonly name: string;
  readonly title?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly mimeType?: string | null | undefined;
  readonly content?: string | null | undefined;
  readonly blob?: string | null | undefined;
  readonly arguments?: readonly ArgumentForm[] | undefined;
}

/** What is kept here, fit to be stored: what clients are shown, and what it holds. */
export interface OwnReading {
  /** The name of a prompt, else the URI or the URI template. */
  readonly originalName: string;
  /** JSON text of an MCP prompt, resource or resource template. */
  readonly definition: string;
  readonly content: OwnContent;
}

/** What of it is no ASCII is percent-encoded. https://www.rfc-editor.org/rfc/rfc3986 */
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Throws `http.invalid` for a template that cannot be filled. A variable that no argument names becomes one. */
export const readOwnPrompt = (form: PromptForm): OwnReading => {
  const { name, template } = form;
  const { variables, needed } = checked('template', () => compilePromptTemplate(template));
  const given = form.arguments ?? [];
  const named = new Set(given.map((argument) => argument.name));
  const isNeeded = new Set(needed);
  const all = [...given, ...variables.filter((each) => !named.has(each)).map((each) => ({ name: each }))];
  const kept = argumentsOf(all, (argument) => isNeeded.has(argument));
  const description = form.description || null;
  const shown = kept.map(({ values: _values, ...argument }) => withoutNull(argument));
  const definition = withoutNull({ name, title: form.title, description, arguments: shown });
  return {
    originalName: name,
    definition: JSON.stringify(definition),
    content: { kind: 'prompt', description, template, arguments: kept },
  };
};

/**
 * A resource with a URI, or one of a URI template, whose text is a template too. Throws `http.invalid` for what has neither or
 * both of a text and bytes, and for templates that cannot be filled.
 */
export const readOwnResource = (form: ResourceForm): OwnReading => {
  const { name, title, uri } = form;
  const held = heldIn(form);
  const mimeType = form.mimeType || ('blob' in held ? 'application/octet-stream' : 'text/plain');
  const shown = { name, title, description: form.description || null, mimeType };
  const uriTemplate = uriTemplateOf(form);
  if (uriTemplate !== null) return readTemplate(uriTemplate, shown, form);
  if (!uri || !URI.test(uri)) throw invalid('uri', NO_URI);
  if (form.arguments !== undefined && form.arguments.length > 0) throw invalid('arguments', 'are for a uriTemplate');
  const size = 'blob' in held ? Buffer.byteLength(held.blob, 'base64') : Buffer.byteLength(held.text);
  return {
    originalName: uri,
    definition: JSON.stringify(withoutNull({ uri, ...shown, size })),
    content: { kind: 'resource', mimeType, ...held },
  };
};

const NO_URI = 'is no URI: a scheme comes first, and all is ASCII without spaces';

const heldIn = ({ content, blob }: ResourceForm): { text: string } | { blob: string } => {
  const isText = typeof content === 'string';
  if (isText === (typeof blob === 'string'))
    throw invalid('content', 'either content, which is text, or blob, which is base64, is needed');
  if (isText) return { text: content };
  if (typeof blob !== 'string' || !BASE64.test(blob)) throw invalid('blob', 'is not base64');
  return { blob };
};

const uriTemplateOf = ({ uri, uriTemplate }: ResourceForm): string | null => {
  const isTemplate = uri?.includes('{') === true;
  if (!uriTemplate) return isTemplate ? uri : null;
  if (uri && uri !== uriTemplate) throw invalid('uri', 'must not be given beside another uriTemplate');
  return uriTemplate;
};

const readTemplate = (uriTemplate: string, shown: { mimeType: string }, form: ResourceForm): OwnReading => {
  const template = form.content;
  if (typeof template !== 'string') throw invalid('blob', 'what a uriTemplate leads to is a text');
  if (!URI.test(uriTemplate)) throw invalid('uriTemplate', NO_URI);
  const { variables } = checked('uriTemplate', () => readableUriTemplate(uriTemplate));
  const used = checked('content', () => compileTemplate(template)).variables;
  const named = (form.arguments ?? []).map(({ name }) => name);
  const stranger = [...used, ...named].find((name) => !variables.includes(name));
  if (stranger !== undefined) throw invalid('uriTemplate', `has no variable "${stranger.slice(0, 128)}"`);
  const rest = variables.filter((name) => !named.includes(name)).map((name) => ({ name }));
  const kept = argumentsOf([...(form.arguments ?? []), ...rest], () => true);
  return {
    originalName: uriTemplate,
    definition: JSON.stringify(withoutNull({ uriTemplate, ...shown })),
    content: { kind: 'template', uriTemplate, mimeType: shown.mimeType, template, arguments: kept },
  };
};

const argumentsOf = (forms: readonly ArgumentForm[], isNeeded: (name: string) => boolean): OwnArgument[] => {
  const names = forms.map(({ name }) => name);
  if (new Set(names).size < names.length) throw invalid('arguments', 'have a name that stands twice');
  return forms.map(({ name, description, required, values = [] }) => ({
    name,
    description: description || null,
    required: required ?? isNeeded(name),
    values,
  }));
};

const checked = <Checked>(field: string, check: () => Checked): Checked => {
  try {
    return check();
  } catch (error) {
    throw error instanceof TemplateRefused ? invalid(field, error.message) : error;
  }
};

const withoutNull = (members: object): object =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));

const invalid = (field: string, message: string) =>
  fail('http.invalid', { message: `${field}: ${message}`, data: { errors: [{ field, message }] } });
