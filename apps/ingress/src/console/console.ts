import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type GatewayError, fail } from '#libs/errors';
import { APP_FRAME, appFramePolicy } from './app-frame.js';
import { type ConsoleFile, readConsoleFiles } from './console-files.js';

/** Beside the services, whether these are bundled, compiled, or run from their sources. */
const ROOTS = ['../admin-ui', '../../../../admin-ui', '../../../../dist/admin-ui'];

/**
 * Nothing runs on the page, and nothing is shown, that is not from here; no site frames it. React and the pages of the
 * console build elements, never markup, so that a text cannot become a script.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  // Of MCP Apps: a page that is served as of no origin (`app-frame.ts`).
  "frame-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
const FOR_EVER = 'public, max-age=31536000, immutable';
const NOT_BUILT = { message: 'The console was not built: run "npm run build"' };

/**
 * Serves the files of the admin console to everybody: there is nothing in them that is not in the package. What the page
 * does, it does by the REST API, which asks who it is for.
 */
export class Console {
  readonly label = 'console';
  private readonly files: ReadonlyMap<string, ConsoleFile> | null;

  /** `publicUrl`: where people reach the gateway, where that is known. */
  constructor(
    private readonly publicUrl: string | null,
    folders = ROOTS.map((path) => join(import.meta.dirname, path)),
  ) {
    this.files = folders.map(readConsoleFiles).find((files) => files !== null) ?? null;
  }

  /** True when the request is for the console; it is then answered. Other paths below `/admin` are of the REST API. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): boolean => {
    const path = consolePathOf(request.url ?? '');
    if (path === null) return false;
    try {
      if (request.method !== 'GET' && request.method !== 'HEAD') throw fail('http.method_not_allowed');
      this.answer(path, request, response);
    } catch (thrown) {
      refuse(response, thrown as GatewayError);
    }
    return true;
  };

  readonly refuse = (request: IncomingMessage, response: ServerResponse, failure: GatewayError): boolean => {
    if (consolePathOf(request.url ?? '') === null) return false;
    refuse(response, failure);
    return true;
  };

  private answer(path: string, request: IncomingMessage, response: ServerResponse): void {
    if (path === MOVED) {
      // Relative, so that it is right below whatever prefix an edge has put before it.
      response.writeHead(308, { ...HEADERS, location: 'admin/', 'content-length': 0 }).end();
      return;
    }
    if (path === FRAME) {
      const query = new URLSearchParams(request.url?.split('?', 2)[1] ?? '');
      const hosts = [request.headers.host ?? '', ...(this.publicUrl === null ? [] : [new URL(this.publicUrl).host])];
      response.writeHead(200, {
        ...HEADERS,
        ...FRAME_HEADERS,
        'content-security-policy': appFramePolicy(query, hosts),
        'content-length': Buffer.byteLength(APP_FRAME),
      });
      response.end(request.method === 'HEAD' ? undefined : APP_FRAME);
      return;
    }
    if (this.files === null) throw fail('http.not_found', NOT_BUILT);
    const file = this.files.get(path);
    if (file === undefined) throw fail('http.not_found');
    const { encoding, body } = encoded(file, request.headers['accept-encoding']);
    response.writeHead(200, {
      ...HEADERS,
      'content-type': file.type,
      'content-length': body.length,
      'cache-control': file.isHashed ? FOR_EVER : 'no-cache',
      vary: 'Accept-Encoding',
      ...(encoding !== null && { 'content-encoding': encoding }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }
}

const MOVED = '/admin';
const FRAME = '/admin/app-frame';
const FRAME_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  // The policy says who may frame it.
  'x-frame-options': 'SAMEORIGIN',
  // Looking a name up tells it to whoever answers.
  'x-dns-prefetch-control': 'off',
};

/** The name of the file, `MOVED` for the path without its last slash, `FRAME` for what MCP Apps are shown in, `null` for what is not of the console. */
const consolePathOf = (url: string): string | null => {
  if (!url.startsWith('/admin')) return null;
  const path = url.split('?', 1)[0] ?? '';
  if (path === '/admin') return MOVED;
  if (path === '/admin/') return 'index.html';
  if (path === FRAME) return FRAME;
  return path === '/admin/icon.svg' || path.startsWith('/admin/assets/') ? path.slice('/admin/'.length) : null;
};

const encoded = (
  { plain, brotli, gzip }: ConsoleFile,
  accepted: string | string[] | undefined,
): { readonly encoding: 'br' | 'gzip' | null; readonly body: Buffer } => {
  const takes = (name: string): boolean =>
    new RegExp(`(^|[,\\s])${name}(?!\\s*;\\s*q=0(?:\\.0*)?\\s*(?:,|$))`).test(String(accepted));
  if (brotli !== null && takes('br')) return { encoding: 'br', body: brotli };
  if (gzip !== null && takes('gzip')) return { encoding: 'gzip', body: gzip };
  return { encoding: null, body: plain };
};

const refuse = (response: ServerResponse, { httpStatus, message, code }: GatewayError): void => {
  const body = JSON.stringify({ detail: message, code });
  response.writeHead(httpStatus, { ...HEADERS, 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(body);
};
