import { MASK } from '#contracts/auth/upstream-secrets.rules';
import type { OwnArgument, OwnContent } from '#contracts/registry/resolve-own-content.request';
import type { HttpToolSource } from '#contracts/registry/resolve-http-tool.request';
import type { GatewayView } from '../../gateways/gateway.view.js';
import { exportedBeyond } from '../beyond/beyond-form.js';
import { CREDENTIAL_LEFT_OUT, LeftOut } from '../file-entry.js';

/** Whether what is kept for a gateway is left out of its entry, since it is a secret. */
const hasSecret = (gateway: GatewayView): boolean => {
  const { env, authType, certificates } = gateway;
  return (
    (authType !== undefined && authType !== 'none') ||
    Boolean(certificates) ||
    Object.keys(env ?? {}).length > 0 ||
    hidesSecret(gateway)
  );
};

/** Whether a part of where it is reached is a secret. */
const hidesSecret = ({ url, openapi, args = [] }: GatewayView): boolean =>
  [url, openapi?.documentUrl, ...args].some((text) => text?.includes(MASK));

const withoutQuery = (url: string): string => (url.includes(MASK) ? (url.split('?', 1)[0] as string) : url);

/**
 * A gateway as an export has it. `isSealed`: its secrets go along, sealed; else what hides a secret in its address is left out.
 * `descriptorSet`: what was handed over of a gRPC server. Throws `LeftOut` for what there is no place for.
 */
export const exportedGateway = (
  gateway: GatewayView,
  isSealed: boolean,
  descriptorSet: string | null,
): Record<string, unknown> => {
  const { name, url, description, transport, capabilities, enabled, tags, toolNameStyle, toolPrefix } = gateway;
  if (gateway.authType === undefined) throw new LeftOut('only those who may change it may see how it is reached');
  if (hidesSecret(gateway) && !isSealed)
    throw new LeftOut('a part of its address is a secret: export it with a passphrase');
  const { args: _args, ...beyond } = exportedBeyond(gateway, descriptorSet);
  const shownUrl = url === null ? null : withoutQuery(url);
  return {
    name,
    ...(shownUrl !== null && { url: shownUrl }),
    description,
    transport,
    capabilities,
    ...(shownUrl !== null && {
      health_check: { url: `${shownUrl}/health`, interval: 30, timeout: 10, retries: 3 },
    }),
    is_active: enabled,
    tags,
    passthrough_headers: gateway.passthroughHeaders,
    tool_name_style: toolNameStyle,
    ...(toolPrefix !== null && { tool_prefix: toolPrefix }),
    ...beyond,
    ...(gateway.args?.length && !gateway.args.some((arg) => arg.includes(MASK)) && { args: gateway.args }),
    ...(hasSecret(gateway) && (isSealed ? kindOf(gateway) : { [CREDENTIAL_LEFT_OUT]: gateway.authType })),
  };
};

/** What a sealed credential is, so that it is given back as the same. */
const kindOf = ({ authType, authQueryParamKey }: GatewayView): Record<string, unknown> => ({
  auth_type: authType,
  ...(authQueryParamKey !== undefined && { auth_query_param_key: authQueryParamKey }),
});

/** A tool that was described by hand as an export has it, but for whether it is switched on. `definition` and `source`: what is stored of it. */
export const exportedTool = (
  gateway: GatewayView,
  definition: Readonly<Record<string, unknown>>,
  { binding, filter = '' }: HttpToolSource,
  isSealed: boolean,
): Record<string, unknown> => {
  const { name, url, addresses, description, tags, toolNameStyle, timeoutMs, authType } = gateway;
  if (authType === undefined) throw new LeftOut('only those who may change it may see how it is reached');
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
    ...(addresses.length > 0 && { addresses }),
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
    ...(hasSecret(gateway) && (isSealed ? kindOf(gateway) : { [CREDENTIAL_LEFT_OUT]: authType })),
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
