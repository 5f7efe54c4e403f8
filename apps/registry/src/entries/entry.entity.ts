import { Column, Entity, type EntityManager, PrimaryColumn, type SelectQueryBuilder } from 'typeorm';
import type { Era, HeaderParam, AccessScope, Visibility } from '#contracts/registry/catalog';
import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import type { ToolNameStyle } from './names/naming.js';
import type { EntryKind } from '../storage/entry-kind.js';
import type { HeldChange } from './difference.js';
import { StoredEntity } from '../storage/stored.entity.js';

/** A tool, prompt, resource or resource template of a gateway. Who may see the gateway may see its entries. */
@Entity({ schema: 'registry', name: 'entry' })
export class EntryEntity extends StoredEntity {
  @Column({ type: 'text' })
  kind!: EntryKind;

  @Column({ type: 'text' })
  gatewayId!: string;

  /** The upstream's own name; for a resource its URI, for a template its URI template. */
  @Column({ type: 'text' })
  originalName!: string;

  @Column({ type: 'text', nullable: true })
  customName!: string | null;

  /** What clients call it; null for resources and templates, which go by their URI. */
  @Column({ type: 'text', nullable: true })
  exposedName!: string | null;

  /** JSON text as the upstream sent it. A `text` column, because `json` types would rewrite it. */
  @Column({ type: 'text' })
  definition!: string;

  /** The one era to whose clients it is offered; null: to all. */
  @Column({ type: 'text', nullable: true })
  era!: Era | null;

  /** What the upstream sends of it to clients before 2026-07-28, where that is something else. */
  @Column({ type: 'text', nullable: true })
  legacyDefinition!: string | null;

  @Column({ type: 'simple-json' })
  headerParams!: HeaderParam[];

  /**
   * Of a tool of an HTTP API: how a call becomes a request, the JSON text of an `HttpToolSource`. Of what is kept here: what it
   * holds, that of an `OwnContent`. Read on demand alone.
   */
  @Column({ type: 'text', nullable: true, select: false })
  source!: string | null;

  @Column({ type: 'text', nullable: true })
  descriptionOverride!: string | null;

  /** Of a tool: a call that takes longer goes on as a task. */
  @Column({ type: 'integer', nullable: true })
  taskAfterMs!: number | null;

  /** Of a tool: its upstream offers it otherwise, and that is held back. */
  @Column({ type: 'text', nullable: true })
  heldChange!: HeldChange | null;
}

/** An entry that somebody switched off, by the upstream's own name: it stays off when the upstream drops it and offers it again. */
@Entity({ schema: 'registry', name: 'switched_off' })
export class SwitchedOffEntity {
  @PrimaryColumn({ type: 'text' })
  gatewayId!: string;

  @PrimaryColumn({ type: 'text' })
  kind!: EntryKind;

  @PrimaryColumn({ type: 'text' })
  originalName!: string;
}

/** What an entry has from its gateway: its prefix and who may see it. The whole row is `GatewayEntity`'s. */
@Entity({ schema: 'registry', name: 'gateway' })
export class EntryGatewayEntity implements AccessScope {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  slug!: string;

  @Column({ type: 'text', nullable: true })
  toolPrefix!: string | null;

  @Column({ type: 'text' })
  toolNameStyle!: ToolNameStyle;

  @Column({ type: 'simple-json' })
  serverInfo!: Record<string, unknown>;

  @Column({ type: 'text' })
  transport!: UpstreamTransport;

  @Column({ type: 'boolean' })
  enabled!: boolean;

  @Column({ type: 'boolean' })
  reachable!: boolean;

  @Column({ type: 'text' })
  visibility!: Visibility;

  @Column({ type: 'text', nullable: true })
  teamId!: string | null;

  @Column({ type: 'text', nullable: true })
  ownerEmail!: string | null;
}

/** In SQL: how long the definition of an `entry` is as clients see it, near enough. Reads no definition. */
export const BYTES_SHOWN = `octet_length(entry.definition) + coalesce(octet_length(entry.description_override), 0)
  + coalesce(octet_length(entry.exposed_name) - octet_length(entry.original_name), 0)`;

export type EntryWithGateway = EntryEntity & { gateway: EntryGatewayEntity };

/** Entries (alias `entry`), each with its gateway (alias `gateway`), in one query. */
export const selectEntries = (manager: EntityManager): SelectQueryBuilder<EntryWithGateway> => {
  const query = manager
    .createQueryBuilder(EntryEntity, 'entry')
    .innerJoinAndMapOne('entry.gateway', EntryGatewayEntity, 'gateway', 'gateway.id = entry.gatewayId');
  return query as SelectQueryBuilder<EntryWithGateway>;
};
