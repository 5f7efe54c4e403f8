/**
 * What the console shows MCP Apps in: the sandbox of the extension, which holds the app in a frame of its own and hands
 * messages on in both directions. Its policy makes it a page of no origin, so it has neither the cookie nor the storage
 * of the console, and cannot see its page.
 * https://github.com/modelcontextprotocol/ext-apps/blob/main/specification/2026-01-26/apps.mdx#sandbox-proxy
 */
export const APP_FRAME = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>An app of an upstream</title>
<style>html,body,iframe{margin:0;border:0;padding:0;width:100%;height:100%;display:block;background:transparent}</style>
<script>
  const OWN = 'ui/notifications/sandbox-';
  const isOwn = (data) => typeof data?.method === 'string' && data.method.startsWith(OWN);
  let view = null;
  addEventListener('message', ({ source, origin, data }) => {
    if (source === parent && origin === location.origin) {
      if (!isOwn(data)) return void view?.contentWindow.postMessage(data, '*');
      if (view !== null || data.method !== OWN + 'resource-ready') return;
      view = document.createElement('iframe');
      view.title = document.title;
      view.setAttribute('sandbox', 'allow-scripts allow-forms');
      view.srcdoc = data.params.html;
      document.body.append(view);
    } else if (view !== null && source === view.contentWindow && !isOwn(data)) parent.postMessage(data, location.origin);
  });
  addEventListener('DOMContentLoaded', () =>
    parent.postMessage({ jsonrpc: '2.0', method: OWN + 'proxy-ready', params: {} }, location.origin));
</script>
<body></body>
</html>
`;

const ORIGINS_MAX = 20;
/** A name of several parts, by TLS: no address. What a name leads to is not looked up. */
const ORIGIN =
  /^(?:https|wss):\/\/(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])(?::\d{1,5})?$/;

/** Ends of names that no public DNS has, and that networks give to what is within them. */
const PRIVATE_ENDS =
  /\.(?:local|localhost|localdomain|internal|intranet|private|corp|home|lan|arpa|test|invalid)(?::\d+)?$/;

/** Whether an app may have it: of what it names, names that look public, and not the gateway itself by any of `hosts`. */
const mayBeReached = (origin: string, hosts: readonly string[]): boolean => {
  if (origin.length > 255 || !ORIGIN.test(origin) || PRIVATE_ENDS.test(origin)) return false;
  const name = (text: string): string => text.replace(/:\d+$/, '').toLowerCase();
  const [, wildcard, domain = ''] = /^\w+:\/\/(\*\.)?(.*)$/.exec(origin) ?? [];
  const named = name(domain);
  return hosts.map(name).every((own) => (wildcard === undefined ? own !== named : !own.endsWith(`.${named}`)));
};

/**
 * The policy of the frame, which the app inherits: nothing but what it brings, and of what its resource names for
 * itself (`connect`, `resource`, `frame`, `base`) that which may be reached. `hosts`: what the gateway itself goes by.
 */
export const appFramePolicy = (query: URLSearchParams, hosts: readonly string[]): string => {
  const named = (kind: string): string =>
    query
      .getAll(kind)
      .slice(0, ORIGINS_MAX)
      .map((origin) => origin.toLowerCase())
      .filter((origin) => mayBeReached(origin, hosts))
      .join(' ');
  const resources = named('resource');
  return [
    'sandbox allow-scripts allow-forms',
    "default-src 'none'",
    `script-src 'unsafe-inline' ${resources}`,
    `style-src 'unsafe-inline' ${resources}`,
    `img-src data: blob: ${resources}`,
    `media-src data: blob: ${resources}`,
    `font-src data: ${resources}`,
    `connect-src ${named('connect') || "'none'"}`,
    `frame-src ${named('frame') || "'none'"}`,
    `base-uri ${named('base') || "'none'"}`,
    "object-src 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ]
    .map((directive) => directive.trim())
    .join('; ');
};
