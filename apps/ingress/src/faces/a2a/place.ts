/** What of an agent a path is. */
export interface A2aPlace {
  readonly serverId: string;
  readonly isCard: boolean;
}

const PATH = /^\/servers\/([^/?]{1,128})\/(?:a2a|((?:a2a\/)?\.well-known\/agent(?:-card)?\.json))\/?(?:\?|$)/;

/** `null` for a path of no agent: messages go to `/servers/{id}/a2a`, its card is below the server and below that. */
export const a2aPlaceOf = (url: string): A2aPlace | null => {
  if (!url.startsWith('/servers/')) return null;
  const [, id, card] = PATH.exec(url) ?? [];
  if (id === undefined) return null;
  try {
    return { serverId: decodeURIComponent(id), isCard: card !== undefined };
  } catch {
    return { serverId: id, isCard: card !== undefined };
  }
};
