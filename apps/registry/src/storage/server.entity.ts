import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Visibility } from '#contracts/registry/catalog';
import { bigintAsNumber } from './bigint-as-number.js';

/** A virtual server: a chosen set of entries under one endpoint. */
@Entity({ schema: 'registry', name: 'server' })
export class ServerEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

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

@Entity({ schema: 'registry', name: 'server_entry' })
export class ServerEntryEntity {
  @PrimaryColumn({ name: 'server_id', type: 'text' })
  serverId!: string;

  @PrimaryColumn({ name: 'entry_id', type: 'text' })
  entryId!: string;

  /** The order in which the server shows its entries. */
  @Column({ type: 'integer' })
  position!: number;
}
