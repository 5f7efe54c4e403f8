import { Column, PrimaryColumn } from 'typeorm';
import { bigintAsNumber } from './bigint-as-number.js';

/** What everything that is kept here has. */
export abstract class StoredEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  /** The order in which they were made and are shown, given by the database; what lists are paged by. */
  @Column({ type: 'bigint', insert: false, update: false, transformer: bigintAsNumber })
  ordinal!: number;

  @Column({ type: 'text', array: true })
  tags!: string[];

  @Column({ type: 'boolean' })
  enabled!: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt!: Date;
}
