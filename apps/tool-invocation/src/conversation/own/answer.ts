import type { UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import type { OwnArgument } from '#contracts/registry/resolve-own-content.request';
import { INVALID_PARAMS, METHOD_NOT_FOUND, isObject } from '#libs/mcp';
import { RenderingFailed } from '#libs/templates';
import type { ReadyContent } from './contents.js';

/** A call that is answered with an error of JSON-RPC. */
export class CallRefused extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly data?: Readonly<Record<string, unknown>>,
  ) {
    super(message);
  }
}

/** https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/completion */
const COMPLETIONS_MAX = 100;
const NAME_SHOWN_MAX = 64;

type Params = Readonly<Record<string, unknown>>;

/** The result of a call of what is kept here. Throws `CallRefused`. */
export const resultOf = (content: ReadyContent, { method, target }: UpstreamCall, params: Params): object => {
  if (method === 'completion/complete' && content.kind !== 'resource') return completion(content.arguments, params);
  if (method === 'prompts/get' && content.kind === 'prompt') return messages(content, params.arguments ?? {});
  if (method === 'resources/read' && content.kind !== 'prompt') return contents(content, target);
  throw new CallRefused(METHOD_NOT_FOUND, `A ${content.kind} that is kept here has no ${method}`);
};

/** https://modelcontextprotocol.io/specification/2026-07-28/server/prompts#getting-a-prompt */
const messages = (prompt: Extract<ReadyContent, { kind: 'prompt' }>, given: unknown): object => {
  const values = textsIn(given);
  const names = new Set(prompt.arguments.map(({ name }) => name));
  const unknown = [...values.keys()].find((name) => !names.has(name));
  if (unknown !== undefined) throw invalid(`The prompt has no argument "${unknown.slice(0, NAME_SHOWN_MAX)}"`);
  const missing = prompt.arguments.find(({ name, required }) => required && !values.has(name));
  if (missing !== undefined) throw invalid(`The argument "${missing.name}" is missing`);
  return {
    ...(prompt.description !== null && { description: prompt.description }),
    messages: filled(() => prompt.template.render(values)).map(({ role, text }) => ({
      role,
      content: { type: 'text', text },
    })),
  };
};

/** https://modelcontextprotocol.io/specification/2026-07-28/server/resources#reading-resources */
const contents = (content: Exclude<ReadyContent, { kind: 'prompt' }>, uri: string): object => {
  const { mimeType } = content;
  if (content.kind === 'resource') {
    const { text = '', blob } = content;
    return { contents: [{ uri, mimeType, ...(blob === undefined ? { text } : { blob }) }] };
  }
  const values = content.uriTemplate.valuesIn(uri);
  if (values === null) throw new CallRefused(INVALID_PARAMS, 'Resource not found', { uri });
  return { contents: [{ uri, mimeType, text: filled(() => content.template.render(values)) }] };
};

const completion = (known: readonly OwnArgument[], { argument }: Params): object => {
  const { name, value } = isObject(argument) ? argument : {};
  if (typeof name !== 'string' || typeof value !== 'string') throw invalid('argument must have a name and a value');
  const wanted = value.toLowerCase();
  const offered = known.find((each) => each.name === name)?.values ?? [];
  const fitting = offered.filter((each) => each.toLowerCase().startsWith(wanted));
  const values = fitting.slice(0, COMPLETIONS_MAX);
  return { completion: { values, total: fitting.length, hasMore: values.length < fitting.length } };
};

const textsIn = (given: unknown): Map<string, string> => {
  const members = isObject(given) ? Object.entries(given) : null;
  if (members === null || members.some(([, value]) => typeof value !== 'string'))
    throw invalid('arguments must be an object of texts');
  return new Map(members as [string, string][]);
};

const filled = <Filled>(fill: () => Filled): Filled => {
  try {
    return fill();
  } catch (error) {
    throw error instanceof RenderingFailed ? invalid(error.message) : error;
  }
};

const invalid = (message: string): CallRefused => new CallRefused(INVALID_PARAMS, message);
