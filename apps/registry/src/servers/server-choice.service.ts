import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { isAppUri } from '../entries/exposed-definition.js';
import type { EntryWithGateway } from '../entries/entry.entity.js';
import { EntryService } from '../entries/entry.service.js';
import type { EntryKind } from '../storage/entry-kind.js';

const LISTS: readonly { readonly member: string; readonly noun: string; readonly kinds: readonly EntryKind[] }[] = [
  { member: 'associatedTools', noun: 'tool', kinds: ['tool'] },
  { member: 'associatedResources', noun: 'resource', kinds: ['resource', 'template'] },
  { member: 'associatedPrompts', noun: 'prompt', kinds: ['prompt'] },
];

export type Choices = Readonly<Record<string, readonly string[] | undefined>>;

/** Reads what a virtual server is to show: entries by id, exposed name or URI, each known to the caller, none twice. */
@Injectable()
export class ServerChoiceService {
  constructor(private readonly entries: EntryService) {}

  /**
   * The ids, in order. A list that is not given keeps what is in `before`. Throws `registry.unknown` for a choice that is
   * not there, `registry.name_taken` for two entries of one name.
   */
  async read(
    choices: Choices,
    before: readonly EntryWithGateway[],
    principal: Principal,
    manager: EntityManager,
  ): Promise<string[]> {
    const chosen: EntryWithGateway[] = [];
    for (const { member, noun, kinds } of LISTS) {
      const wanted = choices[member];
      if (wanted === undefined) chosen.push(...before.filter(({ kind }) => kinds.includes(kind)));
      else chosen.push(...(await this.resolve(noun, kinds, [...new Set(wanted)], principal, manager)));
    }
    const unique = [...new Map(chosen.map((entry) => [entry.id, entry])).values()];
    assertDistinctNames(unique);
    return unique.map(({ id }) => id);
  }

  /** The ids of what goes by one of these ids, names or URIs, as far as the caller may see it. */
  async find(
    kinds: readonly EntryKind[],
    wanted: readonly string[],
    principal: Principal,
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = await this.entries.findChosen(kinds, wanted, principal);
    const byName = Map.groupBy(found, clientName);
    const known = new Map(found.map(({ id }) => [id, [id]]));
    for (const [name, entries] of byName)
      known.set(
        name,
        entries.map(({ id }) => id),
      );
    return known;
  }

  private async resolve(
    noun: string,
    kinds: readonly EntryKind[],
    wanted: readonly string[],
    principal: Principal,
    manager: EntityManager,
  ): Promise<EntryWithGateway[]> {
    const found = await this.entries.findChosen(kinds, wanted, principal, manager);
    const byId = new Map(found.map((entry) => [entry.id, entry]));
    const byName = Map.groupBy(found, clientName);
    const unknown = wanted.filter((choice) => !byId.has(choice) && !byName.has(choice));
    if (unknown.length > 0) {
      throw fail('registry.unknown', { message: `There is no ${noun} ${quoted(unknown)}`, data: { unknown } });
    }
    return wanted.flatMap((choice) => {
      const own = byId.get(choice);
      return own === undefined ? (byName.get(choice) ?? []) : [own];
    });
  }
}

/** Within one server a name or URI stands for one entry. */
const assertDistinctNames = (chosen: readonly EntryWithGateway[]): void => {
  const first = new Map<string, EntryWithGateway>();
  for (const entry of chosen) {
    const key = `${entry.kind} ${clientName(entry)}`;
    const other = first.get(key);
    // Apps of one URI are told apart by the gateway they are of.
    if (other === undefined || (entry.kind === 'resource' && isAppUri(entry.originalName))) {
      first.set(key, entry);
      continue;
    }
    const sides = [other, entry].map((side) => ({ id: side.id, gateway: side.gateway.name }));
    throw fail('registry.name_taken', {
      message:
        `Two entries would be called "${clientName(entry)}" here: ` +
        sides.map((side) => `${side.id} of the gateway "${side.gateway}"`).join(' and '),
      data: { name: clientName(entry), entries: sides },
    });
  }
};

const clientName = ({ exposedName, originalName }: EntryWithGateway): string => exposedName ?? originalName;

const QUOTED_MAX = 10;
const quoted = (names: readonly string[]): string =>
  names
    .slice(0, QUOTED_MAX)
    .map((name) => `"${name.slice(0, 128)}"`)
    .join(', ');
