import { Column, Entity } from 'typeorm';
import type { HeaderParam } from '#contracts/registry/catalog';
import type { EntryKind } from './naming.js';
import { StoredEntity } from '../storage/stored.entity.js';

/** A tool, prompt, resource or resource template of a gateway. Who may see the gateway may see its entries. */
@Entity({ schema: 'registry', name: 'entry' })
export class EntryEntity extends StoredEntity {
  @Column({ type: 'text' })
  kind!: EntryKind;

  @Column({ name: 'gateway_id', type: 'text' })
  gatewayId!: string;

  /** The upstream's own name; for a resource its URI, for a template its URI template. */
  @Column({ name: 'original_name', type: 'text' })
  originalName!: string;

  @Column({ name: 'custom_name', type: 'text', nullable: true })
  customName!: string | null;

  /** What clients call it; null for resources and templates, which go by their URI. */
  @Column({ name: 'exposed_name', type: 'text', nullable: true })
  exposedName!: string | null;

  /** JSON text as the upstream sent it. A `text` column, because `json` types would rewrite it. */
  @Column({ type: 'text' })
  definition!: string;

  @Column({ name: 'header_params', type: 'simple-json' })
  headerParams!: HeaderParam[];

  @Column({ name: 'description_override', type: 'text', nullable: true })
  descriptionOverride!: string | null;

  /** Of a tool: a call that takes longer goes on as a task. */
  @Column({ name: 'task_after_ms', type: 'integer', nullable: true })
  taskAfterMs!: number | null;
}
