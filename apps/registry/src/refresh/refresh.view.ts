import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ToolChange } from '#libs/openapi';
import { ApiToolChangeView } from '../gateways/apis/openapi.view.js';
import { changesBetween } from '../sources/openapi/tool-changes.js';
import { isSameVersion, versionOf } from '../entries/ledger/version.js';
import type { AppliedDiscovery } from '../gateways/discovery.service.js';
import type { RefusedEntry } from '../gateways/gateway.entity.js';
import { RefusedEntryView } from '../gateways/federation/refused-entry.view.js';

const COUNT = { type: 'integer' } as const;

/** How many entries came, changed and went. Resource templates are counted with resources. */
export class RefreshView {
  @ApiProperty({ type: String })
  readonly gatewayId: string;

  @ApiProperty({ enum: [true] })
  readonly success = true;

  @ApiProperty(COUNT)
  readonly toolsAdded: number;

  @ApiProperty(COUNT)
  readonly toolsUpdated: number;

  @ApiProperty(COUNT)
  readonly toolsRemoved: number;

  @ApiProperty({ ...COUNT, description: 'Changed tools that are served as they were, since the change is held back.' })
  readonly toolsHeld: number;

  @ApiProperty(COUNT)
  readonly promptsAdded: number;

  @ApiProperty(COUNT)
  readonly promptsUpdated: number;

  @ApiProperty(COUNT)
  readonly promptsRemoved: number;

  @ApiProperty(COUNT)
  readonly resourcesAdded: number;

  @ApiProperty(COUNT)
  readonly resourcesUpdated: number;

  @ApiProperty(COUNT)
  readonly resourcesRemoved: number;

  @ApiProperty({
    type: [RefusedEntryView],
    description: 'What the upstream offers that is not shown, or not as it is, and why.',
  })
  readonly validationErrors: readonly RefusedEntry[];

  @ApiPropertyOptional({ type: [ApiToolChangeView], description: 'OPENAPI: what callers notice of each change.' })
  readonly changes?: readonly ToolChange[];

  @ApiProperty({ type: Number })
  readonly durationMs: number;

  constructor(gatewayId: string, applied: AppliedDiscovery, durationMs: number) {
    const updated = applied.updated.filter((pair) => !isSameVersion(versionOf(pair.known), versionOf(pair.offered)));
    const changed = { ...applied, updated: updated.map(({ known }) => known) };
    const count = (what: 'added' | 'updated' | 'removed', ...kinds: string[]): number =>
      changed[what].filter(({ kind }) => kinds.includes(kind)).length;
    this.gatewayId = gatewayId;
    this.toolsAdded = count('added', 'tool');
    this.toolsUpdated = count('updated', 'tool');
    this.toolsRemoved = count('removed', 'tool');
    this.toolsHeld = applied.toolsHeld;
    this.promptsAdded = count('added', 'prompt');
    this.promptsUpdated = count('updated', 'prompt');
    this.promptsRemoved = count('removed', 'prompt');
    this.resourcesAdded = count('added', 'resource', 'template');
    this.resourcesUpdated = count('updated', 'resource', 'template');
    this.resourcesRemoved = count('removed', 'resource', 'template');
    this.validationErrors = applied.refused;
    if (applied.isApi) this.changes = changesOf(applied);
    this.durationMs = durationMs;
  }
}

const changesOf = ({ added, updated, removed }: AppliedDiscovery): ToolChange[] =>
  changesBetween(
    [...updated.map(({ known }) => known), ...removed],
    [...updated.map(({ offered }) => offered), ...added].map((entry) => ({ source: null, ...entry })),
  );

export const REFRESH_EXAMPLE: RefreshView = {
  gatewayId: '0c9e8d7b6a5f4e3d2c1b0a9f8e7d6c5b',
  success: true,
  toolsAdded: 1,
  toolsUpdated: 0,
  toolsRemoved: 0,
  toolsHeld: 0,
  promptsAdded: 0,
  promptsUpdated: 0,
  promptsRemoved: 0,
  resourcesAdded: 0,
  resourcesUpdated: 0,
  resourcesRemoved: 0,
  validationErrors: [{ list: 'tools', name: 'a b', reason: 'the name has characters other than A-Z a-z 0-9 _ . -' }],
  durationMs: 42,
};
