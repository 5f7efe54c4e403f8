/** Paths of ContextForge that are other names of ours, as far as their first part goes. */
const ALIASES: readonly (readonly [pattern: RegExp, path: string])[] = [
  // Endpoints of clients have one name, without a version.
  [/^\/v1\/(?:virtual-servers|servers)\/([^/?]+)\/(mcp|sse|message|ws|a2a|\.well-known)(?=$|[/?])/, '/servers/$1/$2'],
  [/^(\/v1)?\/virtual-servers(?=$|[/?])/, '$1/servers'],
  [/^(\/v1)?\/mcp-servers(?=$|[/?])/, '$1/gateways'],
  [/^\/v1\/(version|health|ready)(?=$|\?)/, '/$1'],
  [/^\/openapi\.json(?=$|\?)/, '/docs-json'],
];

/** The path that is served where `url` is another name of it; else `url` itself. */
export const servedUrl = (url: string): string => {
  if (!MAY_BE_ALIAS.test(url)) return url;
  for (const [pattern, path] of ALIASES) if (pattern.test(url)) return url.replace(pattern, path);
  return url;
};

/** Decides most requests at their first characters: `/mcp` and `/servers` are none. */
const MAY_BE_ALIAS = /^\/(?:v1\/|virtual-|mcp-|openapi)/;
