import { MASK } from '#contracts/auth/upstream-secrets.rules';
import type { OwnArgument, OwnContent } from '#contracts/registry/resolve-own-content.request';
import type { HttpToolSource } from '#contracts/registry/resolve-http-tool.request';
import type { GatewayView } from '../../gateways/gateway.view.js';
import { CREDENTIAL_LEFT_OUT, LeftOut } from '../file-entry.js';

/** A gateway as an export has it. Throws `LeftOut` for what its form has no place for. */
export const exportedGateway = (gateway: GatewayView): Record<string, unknown> => {
  const { name, url, description, transport, capabilities, enabled, tags, toolNameStyle, toolPrefix } = gateway;
  if (transport === 'STDIO')
    throw new LeftOut('it is a program that this gateway starts, which the form has no place for');
  if (transport === 'OPENAPI')
    throw new LeftOut('it is read from an OpenAPI document, which the form has no place for');
  if (transport === 'A2A') throw new LeftOut('it is an A2A agent, which the form has no place for here');
  if (transport === 'GRPC') throw new LeftOut('it is a gRPC server, which the form has no place for');
  if (gateway.authType === undefined) throw new LeftOut('only those who may change it may see how it is reached');
  if (url === null || url.includes(MASK)) throw new LeftOut('its URL holds a secret');
  return {
    name,
    url,
    description,
    transport,
    capabilities,
    health_check: { url: `${url}/health`, interval: 30, timeout: 10, retries: 3 },
    is_active: enabled,
    tags,
    passthrough_headers: [],
    tool_name_style: toolNameStyle,
    ...(toolPrefix !== null && { tool_prefix: toolPrefix }),
    ...(gateway.authType !== 'none' && { [CREDENTIAL_LEFT_OUT]: gateway.authType }),
  };
};

/** A tool that was described by hand as an export has it, but for whether it is switched on. `definition` and `source`: what is stored of it. */
export const exportedTool = (
  gateway: GatewayView,
  definition: Readonly<Record<string, unknown>>,
  { binding, filter = '' }: HttpToolSource,
): Record<string, unknown> => {
  const { name, url, description, tags, toolNameStyle, timeoutMs, authType } = gateway;
  if (authType === undefined) throw new LeftOut('only those who may change it may see how it is reached');
  const hasSecret = authType !== 'none' || url?.includes(MASK) === true;
  const { body, headers } = binding;
  const mapping = (place: string): Record<string, string> =>
    Object.fromEntries(
      binding.parameters.filter((each) => each.in === place).map((each) => [each.argument, each.name] as const),
    );
  const queryMapping = mapping('query');
  const headerMapping = mapping('header');
  return {
    name,
    ...(typeof definition['title'] === 'string' && { displayName: definition['title'] }),
    url: `${new URL(url ?? '').origin}${binding.path}`,
    integration_type: 'REST',
    request_type: binding.method,
    description,
    headers: {
      ...(body !== null && body.mediaType !== 'application/json' && { 'Content-Type': body.mediaType }),
      ...headers,
    },
    input_schema: definition['inputSchema'],
    output_schema: null,
    annotations: definition['annotations'],
    jsonpath_filter: filter,
    tags,
    tool_name_style: toolNameStyle,
    ...(timeoutMs !== null && { timeout_ms: timeoutMs }),
    ...(Object.keys(queryMapping).length > 0 && { query_mapping: queryMapping }),
    ...(Object.keys(headerMapping).length > 0 && { header_mapping: headerMapping }),
    ...(hasSecret && { [CREDENTIAL_LEFT_OUT]: authType }),
  };
};

/** What is kept here as an export has it, but for whether it is switched on; ContextForge has no content of resources in its own. */
export const exportedOwn = (
  { tags, description, toolNameStyle }: GatewayView,
  { name, title, ...definition }: Readonly<Record<string, unknown>>,
  content: OwnContent,
): Record<string, unknown> => {
  const shown = { name, ...(title !== undefined && { display_name: title }), description, tags };
  if (content.kind === 'prompt')
    return {
      ...shown,
      template: content.template,
      input_schema: schemaOf(content.arguments),
      tool_name_style: toolNameStyle,
    };
  const { mimeType: mime_type } = content;
  if (content.kind === 'template') {
    const { uriTemplate: uri, template, arguments: variables } = content;
    return { ...shown, uri, uri_template: uri, mime_type, content: template, input_schema: schemaOf(variables) };
  }
  const { text, blob } = content;
  return { ...shown, uri: definition['uri'], mime_type, ...(blob === undefined ? { content: text } : { blob }) };
};

const schemaOf = (known: readonly OwnArgument[]) => ({
  type: 'object',
  properties: Object.fromEntries(
    known.map(({ name, description, values }) => [
      name,
      { type: 'string', description: description ?? '', ...(values.length > 0 && { enum: values }) },
    ]),
  ),
  required: known.filter(({ required }) => required).map(({ name }) => name),
});
