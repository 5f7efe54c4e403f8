import { Injectable } from '@nestjs/common';
import { GrantsChanged } from '#contracts/auth/credential-revoked.event';
import { type Bus, InjectBus } from '#libs/bus';
import { TeamRepository } from '../../teams/team.repository.js';
import { slugOf } from '../../teams/slug.js';
import { parseFilter } from '../protocol/filter.js';
import type { Page } from '../protocol/list.js';
import { readPatch } from '../protocol/patch.js';
import { ScimError, invalid, notFound } from '../protocol/scim-error.js';
import { patchedGroup, readGroup } from './group-attributes.js';
import { GROUP_FILTERS, SCIM, type ScimGroup, ScimGroupRepository, type ScimMember } from './scim-group.repository.js';

/** A team with who is in it; `null` where nobody asked. */
export interface GroupWithMembers {
  readonly group: ScimGroup;
  readonly members: readonly ScimMember[] | null;
}

/** So many are told one by one; beyond, everybody is looked at anew. */
const TOLD_MAX = 200;

/** Teams as the company's directory keeps them: its groups. Changes are announced once they are committed. */
@Injectable()
export class ScimGroupService {
  constructor(
    private readonly groups: ScimGroupRepository,
    private readonly teams: TeamRepository,
    @InjectBus() private readonly bus: Bus,
  ) {}

  async list(
    filter: string | undefined,
    page: Page,
    withMembers: boolean,
  ): Promise<{ groups: readonly GroupWithMembers[]; total: number }> {
    const found = await this.groups.list(filter === undefined ? [] : parseFilter(filter, GROUP_FILTERS), page);
    return { groups: await this.withMembers(found.groups, withMembers), total: found.total };
  }

  async get(id: string, withMembers: boolean): Promise<GroupWithMembers> {
    const group = await this.groups.find(id);
    const [found] = group === null ? [] : await this.withMembers([group], withMembers);
    if (found === undefined) throw notFound();
    return found;
  }

  async create(body: unknown): Promise<GroupWithMembers> {
    const described = readGroup(body);
    const slug = slugOf(described.displayName);
    if (slug === null) throw invalid('displayName has no letter or digit to make an address of');
    const { id, emails } = await this.groups.add({ ...described, slug });
    await this.announce(emails);
    return this.get(id, true);
  }

  async replace(id: string, body: unknown): Promise<GroupWithMembers> {
    const { memberIds, ...described } = readGroup(body);
    await this.announce(await this.groups.change(id, { ...described, members: [{ op: 'set', ids: memberIds }] }));
    return this.get(id, true);
  }

  async patch(id: string, body: unknown): Promise<GroupWithMembers> {
    await this.announce(await this.groups.change(id, patchedGroup(readPatch(body))));
    return this.get(id, true);
  }

  /** What was kept for the team alone is then there for administrators alone. */
  async remove(id: string): Promise<void> {
    const { group } = await this.get(id, false);
    if (group.createdBy !== SCIM) throw new ScimError(403, 'The team was made here, and is deleted here');
    await this.announce(await this.teams.remove(id));
  }

  private async withMembers(groups: readonly ScimGroup[], isWanted: boolean): Promise<readonly GroupWithMembers[]> {
    const members = isWanted ? await this.groups.members(groups.map(({ id }) => id)) : null;
    return groups.map((group) => ({ group, members: members === null ? null : (members.get(group.id) ?? []) }));
  }

  private async announce(emails: readonly string[]): Promise<void> {
    const told = emails.length > TOLD_MAX ? [null] : emails;
    for (const principalId of told) this.bus.publish(GrantsChanged, { principalId });
    await this.bus.flush();
  }
}
