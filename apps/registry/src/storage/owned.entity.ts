import { Column, PrimaryColumn } from 'typeorm';
import type { Sight, Visibility } from '#contracts/registry/catalog';
import { bigintAsNumber } from './bigint-as-number.js';

/** What gateways and virtual servers have in common: a name, somebody whose it is, and who else may see it. */
export abstract class OwnedEntity implements Sight {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  /** The order in which they were made, given by the database; what lists are paged by. */
  @Column({ type: 'bigint', insert: false, update: false, transformer: bigintAsNumber })
  ordinal!: number;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  @Column({ type: 'text', array: true })
  tags!: string[];

  @Column({ type: 'text' })
  visibility!: Visibility;

  @Column({ name: 'team_id', type: 'text', nullable: true })
  teamId!: string | null;

  @Column({ name: 'owner_email', type: 'text', nullable: true })
  ownerEmail!: string | null;

  @Column({ type: 'boolean' })
  enabled!: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt!: Date;
}
