import { ApiProperty } from '@nestjs/swagger';

export const OUTCOMES = ['created', 'updated', 'unchanged', 'skipped', 'left_out', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

const COUNT = { type: 'integer' } as const;

/** How it went with one entry of the file. */
export class ImportedEntryView {
  @ApiProperty({ type: String, description: 'The list of the file that it stands in.' })
  readonly type!: string;

  @ApiProperty({ type: String })
  readonly name!: string;

  @ApiProperty({ enum: OUTCOMES, description: 'In a dry run: what it would be.' })
  readonly outcome!: Outcome;

  @ApiProperty({ type: [String], description: 'Why, and what of the entry was not taken over.' })
  readonly notes!: readonly string[];
}

class ProgressView {
  @ApiProperty(COUNT)
  readonly total!: number;

  @ApiProperty(COUNT)
  readonly processed!: number;

  @ApiProperty(COUNT)
  readonly created!: number;

  @ApiProperty(COUNT)
  readonly updated!: number;

  @ApiProperty({ ...COUNT, description: 'With those that are as the file has them, and those that are left out.' })
  readonly skipped!: number;

  @ApiProperty(COUNT)
  readonly failed!: number;
}

/** In the members of ContextForge, and `results`. */
export class ImportView {
  @ApiProperty({ type: String })
  readonly import_id!: string;

  @ApiProperty({ enum: ['completed'] })
  readonly status!: 'completed';

  @ApiProperty({ type: Boolean })
  readonly dry_run!: boolean;

  @ApiProperty({ type: ProgressView })
  readonly progress!: ProgressView;

  @ApiProperty({ type: [String] })
  readonly errors!: readonly string[];

  @ApiProperty({ type: [String] })
  readonly warnings!: readonly string[];

  @ApiProperty({ type: [ImportedEntryView] })
  readonly results!: readonly ImportedEntryView[];

  @ApiProperty({ type: Date })
  readonly started_at!: Date;

  @ApiProperty({ type: Date })
  readonly completed_at!: Date;
}

export const IMPORT_EXAMPLE: ImportView = {
  import_id: '0d9f6f0e-3c34-4a52-9a57-0a9a4a3c1f11',
  status: 'completed',
  dry_run: false,
  progress: { total: 2, processed: 2, created: 1, updated: 0, skipped: 1, failed: 0 },
  errors: [],
  warnings: ['roots "file:///work": roots are what clients tell servers, and not kept here'],
  results: [
    { type: 'gateways', name: 'Weather', outcome: 'created', notes: [] },
    {
      type: 'roots',
      name: 'file:///work',
      outcome: 'left_out',
      notes: ['roots are what clients tell servers, and not kept here'],
    },
  ],
  started_at: new Date('2026-07-28T09:00:00.000Z'),
  completed_at: new Date('2026-07-28T09:00:01.000Z'),
};
