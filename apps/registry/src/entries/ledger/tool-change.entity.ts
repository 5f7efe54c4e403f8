import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintAsNumber } from '../../storage/stored.entity.js';
import type { ChangeClass, ChangeFinding } from './classify.js';
import type { ToolVersion } from './version.js';

/** What has become of a change. */
export const CHANGE_STATES = ['accepted', 'pending', 'approved', 'kept', 'blocked', 'superseded'] as const;
/**
 * One of `CHANGE_STATES`. `accepted`: by the policy of the gateway; `pending`: waits for somebody; `approved`, `kept` (the old
 * version), `blocked` (the tool): by somebody; `superseded`: the upstream offers something else by now.
 */
export type ChangeState = (typeof CHANGE_STATES)[number];

/** Of these, the tool is served as it was before. */
export const OPEN_STATES = ['pending', 'kept', 'blocked'] as const;

/** A change of what an upstream says of one of its tools. */
@Entity({ schema: 'registry', name: 'tool_change' })
export class ToolChangeEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  /** The order in which they were found, given by the database. */
  @Column({ type: 'bigint', insert: false, update: false, transformer: bigintAsNumber })
  ordinal!: number;

  @Column({ type: 'text' })
  gatewayId!: string;

  /** The upstream's own name of the tool. */
  @Column({ type: 'text' })
  originalName!: string;

  @Column({ type: 'text' })
  class!: ChangeClass;

  @Column({ type: 'text' })
  state!: ChangeState;

  @Column({ type: 'simple-json' })
  findings!: readonly ChangeFinding[];

  /** What was served; null: nothing. */
  @Column({ type: 'simple-json', nullable: true })
  before!: ToolVersion | null;

  /** What the upstream offers; null: it offers the tool no longer. */
  @Column({ type: 'simple-json', nullable: true })
  after!: ToolVersion | null;

  @Column({ type: 'timestamptz', precision: 3 })
  foundAt!: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  decidedAt!: Date | null;

  /** Who decided; null: nobody yet, or the policy. */
  @Column({ type: 'text', nullable: true })
  decidedBy!: string | null;

  /** What they had to say. */
  @Column({ type: 'text', nullable: true })
  note!: string | null;

  /** Of a tool that is blocked: whether it is on again when it is blocked no more; null: it is not blocked. */
  @Column({ type: 'boolean', nullable: true })
  wasEnabled!: boolean | null;
}

/** What is served of a tool after its newest change that counts. */
export const servedAfter = ({ state, before, after }: ToolChangeEntity): ToolVersion | null =>
  state === 'accepted' || state === 'approved' ? (after ?? before) : before;
