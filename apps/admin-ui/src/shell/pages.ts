import { type ComponentType, type LazyExoticComponent, lazy } from 'react';

/** A page as the navigation has it. `shortcut` goes there after `g`. */
export interface PageEntry {
  readonly path: string;
  readonly title: string;
  readonly shortcut: string;
  readonly icon: string;
  readonly Content: LazyExoticComponent<ComponentType>;
}

/** Each is loaded when it is first gone to. Icons are paths in a square of 16. */
export const PAGES: readonly PageEntry[] = [
  {
    path: '',
    title: 'Overview',
    shortcut: 'o',
    icon: 'M2 13V8m4 5V3m4 10V6m4 7v-3',
    Content: lazy(() => import('../overview/overview-page.tsx')),
  },
  {
    path: 'upstreams',
    title: 'Upstreams',
    shortcut: 'u',
    icon: 'M2.5 3h11v4h-11zm0 6h11v4h-11zM5 5h.01M5 11h.01',
    Content: lazy(() => import('../upstreams/upstreams-page.tsx')),
  },
  {
    path: 'tools',
    title: 'Tools',
    shortcut: 't',
    icon: 'M10.2 2.4a3.4 3.4 0 0 0-3.6 4.5L2.4 11v2.6H5l4.1-4.2a3.4 3.4 0 0 0 4.5-3.6l-2 2-2-.5-.5-2z',
    Content: lazy(() => import('../tools/tools-page.tsx')),
  },
];

export const pageOf = (first: string | undefined): PageEntry | undefined =>
  PAGES.find(({ path }) => path === (first ?? ''));
