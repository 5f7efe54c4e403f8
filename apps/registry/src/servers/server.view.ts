import { ApiProperty } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { VISIBILITIES, type Visibility } from '#contracts/registry/catalog';
import { canView } from '#libs/identity';
import { type ListFinding, ListFindingView, type ListLength, listFindings } from '../entries/list-findings.js';
import type { PageSize } from '../registry.settings.js';
import { ownerShownTo } from '../rest/ownership.js';
import type { EntryKind } from '../storage/entry-kind.js';
import type { ServerEntity } from './server.entity.js';
import type { ChosenEntry } from './server.repository.js';

const OPTIONAL_TEXT = { type: String, nullable: true } as const;

export interface ShownChoice {
  readonly chosen: readonly ChosenEntry[];
  readonly page: PageSize;
}

/** Tools by name, as the reference shows them, and by id; the others by id. What the caller may not see is left out. */
export class ServerView {
  @ApiProperty({ type: String })
  readonly id: string;

  @ApiProperty({ type: String })
  readonly name: string;

  @ApiProperty(OPTIONAL_TEXT)
  readonly description: string | null;

  @ApiProperty(OPTIONAL_TEXT)
  readonly icon: string | null;

  @ApiProperty({ type: Boolean, description: 'Whether its tools are searched rather than listed.' })
  readonly toolSearch: boolean;

  @ApiProperty({ type: [String], description: 'Exposed names.' })
  readonly associatedTools: readonly string[];

  @ApiProperty({ type: [String] })
  readonly associatedToolIds: readonly string[];

  @ApiProperty({ type: [String], description: 'Ids of resources and of resource templates.' })
  readonly associatedResources: readonly string[];

  @ApiProperty({ type: [String], description: 'Ids.' })
  readonly associatedPrompts: readonly string[];

  @ApiProperty({ type: [ListFindingView], description: 'What clients may trip over in its lists.' })
  readonly findings: readonly ListFinding[];

  @ApiProperty({ type: Boolean })
  readonly enabled: boolean;

  @ApiProperty({ type: [String] })
  readonly tags: readonly string[];

  @ApiProperty({ enum: VISIBILITIES })
  readonly visibility: Visibility;

  @ApiProperty(OPTIONAL_TEXT)
  readonly teamId: string | null;

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'Null for those who may not change it.' })
  readonly ownerEmail: string | null;

  @ApiProperty({ type: Date })
  readonly createdAt: Date;

  @ApiProperty({ type: Date })
  readonly updatedAt: Date;

  constructor(server: Omit<ServerEntity, 'ordinal'>, { chosen, page }: ShownChoice, principal: Principal) {
    const seen = chosen.filter((entry) => canView(principal, entry));
    const of = (...kinds: EntryKind[]) => seen.filter(({ kind }) => kinds.includes(kind));
    this.id = server.id;
    this.name = server.name;
    this.description = server.description;
    this.icon = server.icon;
    this.toolSearch = server.toolSearch;
    this.associatedTools = of('tool').map(({ name }) => name);
    this.associatedToolIds = of('tool').map(({ id }) => id);
    this.associatedResources = of('resource', 'template').map(({ id }) => id);
    this.associatedPrompts = of('prompt').map(({ id }) => id);
    this.findings = listFindings(lengthsOf(seen), page);
    this.enabled = server.enabled;
    this.tags = server.tags;
    this.visibility = server.visibility;
    this.teamId = server.teamId;
    this.ownerEmail = ownerShownTo(principal, server);
    this.createdAt = server.createdAt;
    this.updatedAt = server.updatedAt;
  }
}

const lengthsOf = (chosen: readonly ChosenEntry[]): Partial<Record<EntryKind, ListLength>> => {
  const lengths: Partial<Record<EntryKind, ListLength>> = {};
  for (const { kind, isShown, bytes } of chosen) {
    const { entries, bytes: before } = lengths[kind] ?? { entries: 0, bytes: 0 };
    if (isShown) lengths[kind] = { entries: entries + 1, bytes: before + bytes };
  }
  return lengths;
};

export const SERVER_EXAMPLE: ServerView = {
  id: '3b2a1c0d9e8f7a6b5c4d3e2f1a0b9c8d',
  name: 'Travel',
  description: null,
  icon: 'https://travel.example/icon.png',
  toolSearch: false,
  associatedTools: ['weather-forecast'],
  associatedToolIds: ['6f1d2f0a4c7b4e0f9b5f0a3c2d1e4f5a'],
  associatedResources: [],
  associatedPrompts: [],
  findings: [],
  enabled: true,
  tags: [],
  visibility: 'public',
  teamId: null,
  ownerEmail: 'admin@example.com',
  createdAt: new Date('2026-07-28T09:00:00.000Z'),
  updatedAt: new Date('2026-07-28T09:00:00.000Z'),
};
