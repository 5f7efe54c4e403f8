import { Column } from 'typeorm';
import type { AccessScope, Visibility } from '#contracts/registry/catalog';
import { StoredEntity } from './stored.entity.js';

/** What gateways and virtual servers have in common: a name, somebody whose it is, and who else may see it. */
export abstract class OwnedEntity extends StoredEntity implements AccessScope {
  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  @Column({ type: 'text' })
  visibility!: Visibility;

  @Column({ type: 'text', nullable: true })
  teamId!: string | null;

  @Column({ type: 'text', nullable: true })
  ownerEmail!: string | null;
}
