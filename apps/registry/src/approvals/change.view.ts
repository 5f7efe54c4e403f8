import { ApiProperty } from '@nestjs/swagger';
import { ERAS, type Era } from '#contracts/registry/catalog';
import { CHANGE_CLASSES, type ChangeClass, type ChangeFinding } from '../entries/ledger/classify.js';
import { CHANGE_STATES, type ChangeState } from '../entries/ledger/tool-change.entity.js';
import type { ToolChangeWithGateway } from '../entries/ledger/tool-change.repository.js';
import type { ToolVersion } from '../entries/ledger/version.js';
import { type DiffLine, DIFF_SIGNS, linesBetween } from './line-diff.js';

const OPTIONAL_TEXT = { type: String, nullable: true } as const;

class ChangeFindingView implements ChangeFinding {
  @ApiProperty({ enum: CHANGE_CLASSES })
  readonly class!: ChangeClass;

  @ApiProperty({ type: String })
  readonly finding!: string;
}

/** A change as the list shows it. */
export class ToolChangeView {
  @ApiProperty({ type: String })
  readonly id: string;

  @ApiProperty({ type: String })
  readonly gatewayId: string;

  @ApiProperty({ type: String })
  readonly gatewayName: string;

  @ApiProperty({ type: String, description: "The upstream's own name of the tool." })
  readonly tool: string;

  @ApiProperty({
    enum: CHANGE_CLASSES,
    description:
      'The worst of `findings`. `hidden_characters`: it holds characters that are not seen; `breaking`: a call that worked may no longer; `text`: a model reads something else; `compatible`: neither.',
  })
  readonly class: ChangeClass;

  @ApiProperty({
    enum: CHANGE_STATES,
    description:
      '`pending`: it waits, and the old version is served; `accepted`: served, by the policy of the gateway; `approved`, `kept` (the old version), `blocked` (the tool is off): by somebody; `superseded`: the upstream offers something else by now.',
  })
  readonly state: ChangeState;

  @ApiProperty({ type: [ChangeFindingView], description: 'What is other than before, the worst first; at most 20.' })
  readonly findings: readonly ChangeFinding[];

  @ApiProperty({ type: Date })
  readonly foundAt: Date;

  @ApiProperty({ type: Date, nullable: true })
  readonly decidedAt: Date | null;

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'Null: nobody has, or the policy has.' })
  readonly decidedBy: string | null;

  @ApiProperty(OPTIONAL_TEXT)
  readonly note: string | null;

  constructor(change: ToolChangeWithGateway) {
    this.id = change.id;
    this.gatewayId = change.gateway.id;
    this.gatewayName = change.gateway.name;
    this.tool = change.originalName;
    this.class = change.class;
    this.state = change.state;
    this.findings = change.findings;
    this.foundAt = change.foundAt;
    this.decidedAt = change.decidedAt;
    this.decidedBy = change.decidedBy;
    this.note = change.note;
  }
}

class ToolVersionView {
  @ApiProperty({ type: String, description: 'JSON text, byte for byte as the upstream sent it.' })
  readonly definition!: string;

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'What clients before 2026-07-28 get instead, where that differs.' })
  readonly legacyDefinition!: string | null;

  @ApiProperty({ enum: ERAS, nullable: true, description: 'To whose clients alone it is offered; null: to all.' })
  readonly era!: Era | null;
}

class DiffLineView implements DiffLine {
  @ApiProperty({ enum: DIFF_SIGNS, description: '`-` stood there before, `+` stands there now.' })
  readonly sign!: DiffLine['sign'];

  @ApiProperty({ type: String, description: 'Characters that are not seen stand as `\\u{…}`.' })
  readonly text!: string;
}

/** A change with what was there before and what the upstream offers. */
export class ToolChangeDetailView extends ToolChangeView {
  @ApiProperty({ type: ToolVersionView, nullable: true, description: 'Null: there was no such tool.' })
  readonly before: ToolVersionView | null;

  @ApiProperty({ type: ToolVersionView, nullable: true, description: 'Null: it is offered no longer.' })
  readonly after: ToolVersionView | null;

  @ApiProperty({
    type: [DiffLineView],
    description: 'From the one definition to the other, line by line of their indented JSON; at most 2,000 lines.',
  })
  readonly diff: readonly DiffLine[];

  constructor(change: ToolChangeWithGateway) {
    super(change);
    this.before = shown(change.before);
    this.after = shown(change.after);
    this.diff = linesBetween(change.before, change.after);
  }
}

/** How a call becomes a request is nobody's business but the gateway's. */
const shown = (version: ToolVersion | null): ToolVersionView | null => {
  if (version === null) return null;
  const { definition, legacyDefinition, era } = version;
  return { definition, legacyDefinition, era };
};

export class ToolChangesView {
  @ApiProperty({ type: [ToolChangeView], description: 'The newest first.' })
  readonly changes!: readonly ToolChangeView[];

  @ApiProperty({ type: 'integer', description: 'How many wait, of all that the caller sees.' })
  readonly pending!: number;

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'Null on the last page.' })
  readonly nextCursor!: string | null;
}

const WAITING = {
  id: '3b9d0a1c5e7f4a6d8b2c4e6f80a1b3c5',
  gatewayId: '0c9e8d7b6a5f4e3d2c1b0a9f8e7d6c5b',
  gatewayName: 'Weather',
  tool: 'forecast',
  class: 'text',
  state: 'pending',
  findings: [{ class: 'text', finding: 'description says something else' }],
  foundAt: new Date('2026-07-28T09:00:00.000Z'),
  decidedAt: null,
  decidedBy: null,
  note: null,
} as const;

export const CHANGE_EXAMPLE: ToolChangeView = WAITING;

export const DECIDED_EXAMPLE = {
  ...WAITING,
  decidedAt: new Date('2026-07-28T10:00:00.000Z'),
  decidedBy: 'admin@example.com',
};

const DEFINITION = '{"name":"forecast","description":"Tells the weather.","inputSchema":{"type":"object"}}';

export const CHANGE_DETAIL_EXAMPLE: ToolChangeDetailView = {
  ...WAITING,
  before: { definition: DEFINITION, legacyDefinition: null, era: null },
  after: { definition: DEFINITION.replace('weather', 'weather and the time'), legacyDefinition: null, era: null },
  diff: [
    { sign: ' ', text: '{' },
    { sign: ' ', text: '  "name": "forecast",' },
    { sign: '-', text: '  "description": "Tells the weather.",' },
    { sign: '+', text: '  "description": "Tells the weather and the time.",' },
  ],
};
