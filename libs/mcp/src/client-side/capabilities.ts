import { isObject } from '../json/is-object.js';
type Json = Readonly<Record<string, unknown>>;

/** MCP Apps: https://github.com/modelcontextprotocol/ext-apps */
const APPS_EXTENSION = 'io.modelcontextprotocol/ui';
/** Of the documents of MCP Apps. */
export const APP_MIME_TYPE = 'text/html;profile=mcp-app';
/** What a client declares that shows MCP Apps. */
export const APPS = { [APPS_EXTENSION]: { mimeTypes: [APP_MIME_TYPE] } };

/** Everything the gateway can carry, declared in its own requests, so that whatever an upstream has shows. */
export const ALL_CAPABILITIES = {
  elicitation: { form: {}, url: {} },
  sampling: { tools: {} },
  roots: {},
  extensions: APPS,
} as const;

/**
 * The capabilities a legacy session declares for a client: those of its kinds that the gateway can carry there.
 * `listChanged` of roots is left out, because a client of 2026-07-28 never tells.
 */
export const sessionCapabilities = (capabilities: Json): Json => {
  const { elicitation, sampling, roots } = capabilities;
  const declared: Record<string, unknown> = {};
  if (isObject(elicitation)) {
    const url = isObject(elicitation.url);
    // `{}` means form alone: https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation#capabilities
    const form = isObject(elicitation.form) || !url;
    declared.elicitation = { ...(form && { form: {} }), ...(url && { url: {} }) };
  }
  if (isObject(sampling)) declared.sampling = isObject(sampling.tools) ? { tools: {} } : {};
  if (isObject(roots)) declared.roots = {};
  // In one form, so that how clients spell it makes no more sessions.
  if (showsApps(capabilities)) declared.extensions = APPS;
  return declared;
};

const showsApps = ({ extensions }: Json): boolean => {
  const settings = isObject(extensions) ? extensions[APPS_EXTENSION] : undefined;
  return isObject(settings) && Array.isArray(settings.mimeTypes) && settings.mimeTypes.includes(APP_MIME_TYPE);
};

/** Whether a client with these session capabilities can be asked anything at all. */
export const canBeAsked = ({ elicitation, sampling, roots }: Json): boolean =>
  isObject(elicitation) || isObject(sampling) || isObject(roots);

/** A short text that is equal for equal sets of session capabilities; empty for none. */
export const capabilityKey = (declared: Json): string => {
  const { elicitation, sampling, roots, extensions } = declared;
  let key = '';
  if (isObject(elicitation)) key += `e${elicitation.form ? 'f' : ''}${elicitation.url ? 'u' : ''}`;
  if (isObject(sampling)) key += sampling.tools ? 'st' : 's';
  if (isObject(roots)) key += 'r';
  if (isObject(extensions)) key += 'x';
  return key;
};

/** Why a client that declared `capabilities` may not be asked this; `null` when it may. */
export const askProblem = (method: string, params: Json, capabilities: Json): string | null => {
  const declared = sessionCapabilities(capabilities);
  if (method === 'roots/list') return declared.roots ? null : 'The client has no roots';
  if (method === 'sampling/createMessage') return samplingProblem(params, declared.sampling as Json | undefined);
  if (method === 'elicitation/create') return elicitationProblem(params, declared.elicitation as Json | undefined);
  return 'Method not found';
};

const samplingProblem = (params: Json, sampling: Json | undefined): string | null => {
  if (sampling === undefined) return 'The client cannot sample';
  if ((params.tools !== undefined || params.toolChoice !== undefined) && !sampling.tools) {
    return 'The client cannot sample with tools';
  }
  return null;
};

const elicitationProblem = (params: Json, elicitation: Json | undefined): string | null => {
  if (elicitation === undefined) return 'The client cannot be asked';
  if (params.mode !== 'url') return elicitation.form ? null : 'The client cannot be asked by a form';
  if (!elicitation.url) return 'The client cannot be sent to a URL';
  return isSafeUrl(params.url) ? null : 'Only https URLs are passed to a client';
};

/** Nothing but https reaches a user, except on the user's own machine. */
export const isSafeUrl = (value: unknown): boolean => {
  if (typeof value !== 'string' || value.length > 8_192) return false;
  const url = URL.parse(value);
  if (url === null) return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
};
