import { Column, Entity, PrimaryColumn } from 'typeorm';
import { OwnedEntity } from '../storage/owned.entity.js';

/** A virtual server: a chosen set of entries under one endpoint. */
@Entity({ schema: 'registry', name: 'server' })
export class ServerEntity extends OwnedEntity {
  /** A URL, for those who show it. */
  @Column({ type: 'text', nullable: true })
  icon!: string | null;

  /** Its tools are searched rather than listed. */
  @Column({ type: 'boolean' })
  toolSearch!: boolean;
}

@Entity({ schema: 'registry', name: 'server_entry' })
export class ServerEntryEntity {
  @PrimaryColumn({ type: 'text' })
  serverId!: string;

  @PrimaryColumn({ type: 'text' })
  entryId!: string;

  /** The order in which the server shows its entries. */
  @Column({ type: 'integer' })
  position!: number;
}
