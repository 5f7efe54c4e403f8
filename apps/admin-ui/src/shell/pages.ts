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
  {
    path: 'servers',
    title: 'Servers',
    shortcut: 's',
    icon: 'M8 1.8 14 5 8 8.2 2 5zM2 8l6 3.2L14 8M2 11l6 3.2 6-3.2',
    Content: lazy(() => import('../servers/servers-page.tsx')),
  },
  {
    path: 'approvals',
    title: 'Approvals',
    shortcut: 'p',
    icon: 'M3 2.5h10v11H3zM5.5 8l1.8 1.8L10.8 6',
    Content: lazy(() => import('../approvals/approvals-page.tsx')),
  },
  {
    path: 'calls',
    title: 'Calls',
    shortcut: 'c',
    icon: 'M2 4h12M2 8h12M2 12h7',
    Content: lazy(() => import('../calls/calls-page.tsx')),
  },
  {
    path: 'connect',
    title: 'Connect',
    shortcut: 'n',
    icon: 'M6 3v3M10 3v3M4 6h8v2.5a4 4 0 0 1-8 0zM8 12.5V15',
    Content: lazy(() => import('../connect/connect-page.tsx')),
  },
  {
    path: 'connections',
    title: 'Connections',
    shortcut: 'm',
    icon: 'M6.5 9.5 9.5 6.5M7 4.5l1.2-1.2a2.9 2.9 0 0 1 4.1 4.1L11 8.7M9 11.5l-1.2 1.2a2.9 2.9 0 0 1-4.1-4.1L5 7.3',
    Content: lazy(() => import('../connections/connections-page.tsx')),
  },
  {
    path: 'import',
    title: 'Import',
    shortcut: 'i',
    icon: 'M8 2v7.5M5 7l3 3 3-3M2.5 11v2.5h11V11',
    Content: lazy(() => import('../import/import-page.tsx')),
  },
  {
    path: 'access',
    title: 'Access',
    shortcut: 'a',
    icon: 'M6 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm-4.5 5c.4-2.4 2.2-3.5 4.5-3.5s4.1 1.1 4.5 3.5M11 5h4m-1 0v2.5',
    Content: lazy(() => import('../access/access-page.tsx')),
  },
  {
    path: 'audit',
    title: 'Audit',
    shortcut: 'd',
    icon: 'M4 1.8h6l3 3v9.4H4zM6.5 8h4M6.5 11h4',
    Content: lazy(() => import('../audit/audit-page.tsx')),
  },
  {
    path: 'settings',
    title: 'Settings',
    shortcut: 'e',
    icon: 'M2 4.5h6m4 0h2M2 11.5h2m4 0h6M10 2.8v3.4M6 9.8v3.4',
    Content: lazy(() => import('../settings/settings-page.tsx')),
  },
];

export const pageOf = (first: string | undefined): PageEntry | undefined =>
  PAGES.find(({ path }) => path === (first ?? ''));
