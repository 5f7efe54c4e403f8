import { Unusable } from './references.js';

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** The names in the braces of a path, each once, in order. */
export const placeholdersOf = (path: string): string[] => [
  ...new Set([...path.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '')),
];

/** The path as it can be put behind a server. Throws `Unusable` where it names no path on it. */
export const checkPath = (path: string): string => {
  if (/[\u0000-\u001f\u007f]/.test(path)) throw new Unusable('its path holds a control character');
  if (path.includes('#')) throw new Unusable('its path holds a "#": what follows is never sent');
  if (placeholdersOf(path).includes('')) throw new Unusable('its path holds empty braces');
  const rooted = path.startsWith('/') ? path : `/${path}`;
  if (isNormalisedAway(rooted.split('?', 1)[0] ?? '')) throw new Unusable('its path holds a segment of dots only');
  return rooted;
};

/**
 * Would a URL parser take a segment of this path for `.` or `..` and move the request elsewhere? Longer runs of dots mean
 * something to some servers and are no better.
 */
export const isNormalisedAway = (path: string): boolean =>
  path.split(/[/\\]/).some((segment) => /^(\.|%2e)+$/i.test(segment));
