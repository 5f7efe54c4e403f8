import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { PROGRAM_LINE_KINDS, type ProgramLine } from '#contracts/tool-invocation/health/program-wrote.event';

/** How a gateway can be: wanted and there, wanted and not there, switched off, registered and never reached. */
export const GATEWAY_STATES = ['up', 'unreachable', 'off', 'never_reached'] as const;

const TO_CHANGERS = 'Only for those who may change the gateway.';

export class GatewayStateView {
  @ApiProperty({ type: Date, description: 'Since when it was so.' })
  readonly at!: Date;

  @ApiProperty({ enum: GATEWAY_STATES })
  readonly state!: (typeof GATEWAY_STATES)[number];

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: `Why, where there is something to say. ${TO_CHANGERS}`,
  })
  readonly reason?: string | null;
}

export class ProgramLineView implements ProgramLine {
  @ApiProperty({ type: String, format: 'date-time' })
  readonly at!: string;

  @ApiProperty({ enum: PROGRAM_LINE_KINDS, description: '`skipped`: so many lines were too many at once.' })
  readonly kind!: ProgramLine['kind'];

  @ApiProperty({ type: String, description: 'Without the credentials of the gateway and what looks like a secret.' })
  readonly text!: string;
}

/** How a gateway was, and what its program wrote. */
export class GatewayTimelineView {
  @ApiProperty({ type: [GatewayStateView], description: 'The newest first; the last 100.' })
  readonly states!: readonly GatewayStateView[];

  @ApiPropertyOptional({
    type: [ProgramLineView],
    description: `STDIO: what its processes wrote to stderr, when they started and ended: the newest last, the last 200 that this replica of the registry has heard of. ${TO_CHANGERS}`,
  })
  readonly program?: readonly ProgramLineView[];
}

export const TIMELINE_EXAMPLE: GatewayTimelineView = {
  states: [
    { at: new Date(Date.UTC(2026, 6, 28, 9, 2)), state: 'up', reason: null },
    { at: new Date(Date.UTC(2026, 6, 28, 9)), state: 'unreachable', reason: 'connect ECONNREFUSED 127.0.0.1:8080' },
  ],
  program: [{ at: '2026-07-28T09:02:00.000Z', kind: 'wrote', text: 'Weather server is ready' }],
};
