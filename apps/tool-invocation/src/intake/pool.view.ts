import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const COUNT = { type: 'integer', minimum: 0 } as const;

/** One address of an upstream, as seen by this instance. */
class AddressPoolView {
  @ApiProperty({ type: String, description: 'Values of its query are masked.' })
  url!: string;

  @ApiProperty({ enum: ['active', 'ejected'], description: 'ejected: left alone until it answers.' })
  state!: 'active' | 'ejected';

  @ApiProperty({ type: String, nullable: true, description: 'Why it failed last; null: it answered.' })
  reason!: string | null;

  @ApiProperty({ type: String, format: 'date-time', description: 'Since when it is in this state.' })
  since!: string;
}

/** What one upstream is doing, as seen by this instance. */
class UpstreamPoolView {
  @ApiProperty({ type: String })
  upstreamId!: string;

  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({ ...COUNT, description: 'Sessions, and connections that need none.' })
  conversations!: number;

  @ApiProperty({ ...COUNT, description: 'Calls in flight.' })
  running!: number;

  @ApiProperty({ ...COUNT, description: 'Calls that wait for a place within the limit.' })
  waiting!: number;

  @ApiProperty({ type: Boolean, description: 'Calls are refused because it has just failed again and again.' })
  breakerOpen!: boolean;

  @ApiPropertyOptional({ type: [AddressPoolView], description: 'Where it has several.' })
  addresses?: readonly AddressPoolView[];
}

/** What this instance holds open towards upstreams. */
export class PoolView {
  @ApiProperty(COUNT)
  callsInFlight!: number;

  @ApiProperty({ ...COUNT, description: 'Calls that wait for what was asked of their client.' })
  callsParked!: number;

  @ApiProperty({ ...COUNT, description: 'Child processes of stdio upstreams.' })
  processes!: number;

  @ApiProperty({ type: [UpstreamPoolView] })
  upstreams!: UpstreamPoolView[];
}

export const POOL_EXAMPLE: PoolView = {
  callsInFlight: 3,
  callsParked: 1,
  processes: 1,
  upstreams: [
    {
      upstreamId: 'd1f1211a03ee4d56ba2773a645af4f6a',
      name: 'notes',
      conversations: 1,
      running: 3,
      waiting: 0,
      breakerOpen: false,
    },
  ],
};
