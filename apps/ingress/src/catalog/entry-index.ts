import type { Principal } from '#contracts/auth/principal';
import type { AccessScope, CatalogPrompt, CatalogTool } from '#contracts/registry/catalog';

/** The entries of a list by the name that clients call them, and by who may see them. */
export class EntryIndex<Entry extends CatalogTool | CatalogPrompt> {
  private readonly byName: Map<string, Entry>;
  /** Made when it is first asked for: most catalogs are for everybody. */
  private byAudience: Map<string, Set<Entry>> | null = null;
  private readonly isOrdered: boolean;

  /** `entries`: as they are now; whoever changes them tells by `follow`. */
  constructor(private readonly entries: () => readonly Entry[]) {
    const first = entries();
    this.byName = new Map(first.map((entry) => [entry.name, entry]));
    this.isOrdered = first.every(({ order }) => order !== undefined);
  }

  get(name: string): Entry | undefined {
    return this.byName.get(name);
  }

  /** Of the entries at least those that the caller may view, in their order: without a look at what is for other teams and users. */
  among(principal: Principal): readonly Entry[] {
    const { teams, confinedTo, id } = principal;
    // Administrators see every team's; what a client's own process has told has no order.
    if (teams === null || confinedTo !== undefined || !this.isOrdered) return this.entries();
    const byAudience = (this.byAudience ??= groupedBy(this.entries()));
    const audiences = new Set([EVERYBODY, ...teams.map(teamKey), ownerKey(id)]);
    const found = [...audiences].flatMap((audience) => [...(byAudience.get(audience) ?? [])]);
    return found.sort((one, other) => (one.order ?? 0) - (other.order ?? 0));
  }

  follow(dropped: readonly Entry[], added: readonly Entry[]): void {
    for (const entry of dropped) {
      this.byName.delete(entry.name);
      this.byAudience?.get(audienceOf(entry))?.delete(entry);
    }
    for (const entry of added) {
      this.byName.set(entry.name, entry);
      if (this.byAudience !== null) addTo(this.byAudience, entry);
    }
  }
}

const EVERYBODY = 'everybody';
const teamKey = (teamId: string | null): string => `team ${teamId}`;
const ownerKey = (email: string | null): string => `owner ${email}`;

const audienceOf = ({ visibility, teamId, ownerEmail }: AccessScope): string => {
  if (visibility === 'public') return EVERYBODY;
  return visibility === 'team' ? teamKey(teamId) : ownerKey(ownerEmail);
};

const groupedBy = <Entry extends AccessScope>(entries: readonly Entry[]): Map<string, Set<Entry>> => {
  const groups = new Map<string, Set<Entry>>();
  for (const entry of entries) addTo(groups, entry);
  return groups;
};

const addTo = <Entry extends AccessScope>(groups: Map<string, Set<Entry>>, entry: Entry): void => {
  const audience = audienceOf(entry);
  const group = groups.get(audience);
  if (group === undefined) groups.set(audience, new Set([entry]));
  else group.add(entry);
};
