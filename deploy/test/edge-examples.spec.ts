import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');

interface EnvoyRoute {
  readonly match: {
    readonly path?: string;
    readonly prefix?: string;
    readonly safe_regex?: { readonly regex: string };
    readonly headers?: readonly { readonly string_match: { readonly safe_regex: { readonly regex: string } } }[];
  };
  readonly direct_response?: object;
  readonly route?: { readonly cluster: string; readonly retry_policy?: { readonly retry_on: string } };
}
interface EnvoyHost {
  readonly retry_policy: { readonly retry_on: string };
  readonly routes: readonly EnvoyRoute[];
}
// Its routes share what they have in common, more often than is allowed to files of strangers.
const envoy = parse(read('deploy/envoy/envoy.yaml'), { maxAliasCount: -1 }) as {
  static_resources: {
    listeners: { filter_chains: { filters: { typed_config: { route_config: { virtual_hosts: EnvoyHost[] } } }[] }[] }[];
  };
};
const host =
  envoy.static_resources.listeners[0]?.filter_chains[0]?.filters[0]?.typed_config.route_config.virtual_hosts[0];
const traefik = parse(read('deploy/traefik/dynamic.yaml')) as {
  readonly http: {
    readonly routers: Readonly<
      Record<string, { readonly rule: string; readonly priority: number; readonly service: string }>
    >;
  };
};

/** As nginx decides: exact, then a prefix marked so, then the first pattern, then the longest prefix. */
const nginx = (to: string): string => {
  const places = [
    ...read('docker/nginx/routes.conf').matchAll(/^location (?:(=|~|\^~) )?(\/\S*|\^\S+) \{([\s\S]*?)\}$/gm),
  ].map(([, how = '', at = '', body = '']) => ({
    how,
    at,
    to: /proxy_pass http:\/\/([\w-]+);/.exec(body)?.[1] ?? 'nobody',
  }));
  const longest = (how: string) =>
    places
      .filter((place) => place.how === how && to.startsWith(place.at))
      .toSorted((one, other) => other.at.length - one.at.length)[0];
  const found =
    places.find((place) => place.how === '=' && place.at === to) ??
    longest('^~') ??
    places.find((place) => place.how === '~' && new RegExp(place.at).test(to)) ??
    longest('');
  return found?.to ?? 'nobody';
};

const envoyRouteOf = (method: string, to: string): EnvoyRoute | undefined =>
  host?.routes.find(
    ({ match: { path: exact, prefix, safe_regex: pattern, headers = [] } }) =>
      (exact === undefined || exact === to) &&
      (prefix === undefined || to.startsWith(prefix)) &&
      (pattern === undefined || new RegExp(`^(?:${pattern.regex})$`).test(to)) &&
      headers.every((header) => new RegExp(`^(?:${header.string_match.safe_regex.regex})$`).test(method)),
  );

const traefikServiceOf = (to: string): string => {
  const meets = (rule: string): boolean => {
    const [, how = '', at = ''] = /^(\w+)\(`(.+)`\)$/.exec(rule) ?? [];
    if (how === 'Path') return at === to;
    return how === 'PathPrefix' ? to.startsWith(at) : new RegExp(at).test(to);
  };
  const routers = Object.values(traefik.http.routers).filter(({ rule }) => meets(rule));
  return routers.toSorted((one, other) => other.priority - one.priority)[0]?.service ?? 'nobody';
};

const { paths } = JSON.parse(read('docs/reference/openapi.json')) as {
  readonly paths: Readonly<Record<string, object>>;
};
const OTHERS =
  '/mcp /v1/mcp /servers/a/mcp /servers/a/ws /rpc /sse /message / /health /version /admin/ /admin/assets/a.js /docs-json /tap /authorize ' +
  '/token /tokens /protocol/ping /.well-known/oauth-protected-resource/mcp /.well-known/oauth-authorization-server /.well-known/mcp ' +
  '/internal/metrics /nothing /metricsx /settings/auth /admin/mcp-pool/metrics /scim/v2/Users';
const asked = [...Object.keys(paths).map((to) => to.replaceAll(/\{\w+\}/g, 'some-id')), ...OTHERS.split(' ')];

describe('the edge as Envoy and Traefik have it', () => {
  it('sends every path where nginx sends it', () => {
    expect(asked.length).toBeGreaterThan(150);
    const wanted = Object.fromEntries(asked.map((to) => [to, nginx(to)]));
    expect(new Set(Object.values(wanted)).size).toBe(6);
    expect(Object.fromEntries(asked.map((to) => [to, envoyRouteOf('POST', to)?.route?.cluster ?? 'nobody']))).toEqual(
      wanted,
    );
    expect(Object.fromEntries(asked.map((to) => [to, traefikServiceOf(to)]))).toEqual(wanted);
  });

  it('repeats in Envoy only what nobody has taken, or what may be repeated by its definition', () => {
    expect(host?.retry_policy.retry_on).toBe('connect-failure,refused-stream');
    for (const to of ['/mcp', '/tools', '/tokens'])
      for (const method of ['POST', 'PATCH']) expect(envoyRouteOf(method, to)?.route?.retry_policy).toBeUndefined();
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'])
      expect(envoyRouteOf(method, '/tools')?.route?.retry_policy?.retry_on).toContain('reset');
  });

  it('compresses no stream, and keeps nothing', () => {
    for (const file of ['deploy/envoy/envoy.yaml', 'deploy/traefik/dynamic.yaml'])
      expect(read(file), file).not.toMatch(/filters\.http\.cache|cacheControl/);
    expect(read('deploy/envoy/envoy.yaml')).not.toContain('text/event-stream');
    expect(read('deploy/traefik/dynamic.yaml')).toMatch(/excludedContentTypes:\s+- text\/event-stream/);
  });
});
