import { useSyncExternalStore } from 'react';

/** Where in the console one is: `#/upstreams/7?tab=calls` is the path `['upstreams', '7']` with a query. */
export interface Route {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

const parse = (hash: string): Route => {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return { path: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) };
};

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

let known = { hash: location.hash, route: parse(location.hash) };

const snapshot = (): Route => {
  if (known.hash !== location.hash) known = { hash: location.hash, route: parse(location.hash) };
  return known.route;
};

const subscribe = (changed: () => void): (() => void) => {
  addEventListener('hashchange', changed);
  return () => removeEventListener('hashchange', changed);
};

/** The fragment is the address: it works below any path, and no server has to know the pages. */
export const useRoute = (): Route => useSyncExternalStore(subscribe, snapshot);

/** The address of a page, for links. Members of the query that are empty are left out. */
export const pageUrl = (
  path: readonly string[],
  query: Readonly<Record<string, string | null | undefined>> = {},
): string => {
  const members = Object.entries(query).filter((member): member is [string, string] => Boolean(member[1]));
  const search = new URLSearchParams(members).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${search === '' ? '' : `?${search}`}`;
};

/** Goes to a page. `replace`: the one that is left is not gone back to. */
export const goTo = (url: string, { replace = false } = {}): void => {
  if (replace) location.replace(url);
  else location.hash = url.replace(/^#/, '');
};
