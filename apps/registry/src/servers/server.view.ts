import type { Principal } from '#contracts/auth/principal';
import { maySee } from '#libs/identity';
import type { EntryKind } from '../entries/naming.js';
import type { ServerEntity } from './server.entity.js';
import type { ChosenEntry } from './server.repository.js';

/** Tools by name, as the reference shows them, and by id; the others by id. What the caller may not see is left out. */
export const serverView = (server: ServerEntity, chosen: readonly ChosenEntry[], principal: Principal) => {
  const seen = chosen.filter((entry) => maySee(principal, entry));
  const of = (...kinds: EntryKind[]) => seen.filter(({ kind }) => kinds.includes(kind));
  return {
    id: server.id,
    name: server.name,
    description: server.description,
    associatedTools: of('tool').map(({ name }) => name),
    associatedToolIds: of('tool').map(({ id }) => id),
    associatedResources: of('resource', 'template').map(({ id }) => id),
    associatedPrompts: of('prompt').map(({ id }) => id),
    enabled: server.enabled,
    tags: server.tags,
    visibility: server.visibility,
    teamId: server.teamId,
    ownerEmail: server.ownerEmail,
    createdAt: server.createdAt,
    updatedAt: server.updatedAt,
  };
};
