import { ApiProperty } from '@nestjs/swagger';

export class TokenUsageView {
  @ApiProperty({ type: 'integer', example: 30 })
  period_days!: number;

  @ApiProperty({ type: 'integer', example: 120, description: 'Calls, and what was refused of them.' })
  total_requests!: number;

  @ApiProperty({ type: 'integer', example: 114 })
  successful_requests!: number;

  @ApiProperty({ type: 'integer', example: 2, description: 'That the gateway did not let through.' })
  blocked_requests!: number;

  @ApiProperty({ type: Number, example: 0.95, description: 'Of all; 0 where there are none.' })
  success_rate!: number;

  @ApiProperty({ type: Number, example: 41.5, description: '0 where there are none.' })
  average_response_time_ms!: number;

  @ApiProperty({
    type: 'array',
    items: { type: 'array', items: { oneOf: [{ type: 'string' }, { type: 'integer' }] } },
    example: [['tools/call weather-forecast', 110]],
    description: 'What was called most often, and how often; at most ten.',
  })
  top_endpoints!: readonly (readonly [string, number])[];
}
