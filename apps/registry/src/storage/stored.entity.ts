import { randomUUID } from 'node:crypto';
import { Column, PrimaryColumn, type ValueTransformer } from 'typeorm';

/** Unguessable, and safe as a token of a bus subject. */
export const newObjectId = (): string => randomUUID().replaceAll('-', '');

/** Whether the text can be an id at all; what cannot is not taken to the database. */
export const isObjectId = (text: string): boolean => /^[0-9a-f]{32}$/.test(text);

/** The driver gives a bigint as text; ours count rows and stay far below 2^53. */
export const bigintAsNumber: ValueTransformer = {
  to: (value: unknown) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};

/** The columns that every stored thing has. */
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

  @Column({ type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  updatedAt!: Date;
}
