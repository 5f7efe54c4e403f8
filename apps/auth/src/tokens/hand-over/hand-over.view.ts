import { ApiProperty } from '@nestjs/swagger';

/** What a link is made of. */
export class HandOverView {
  @ApiProperty({
    type: String,
    example: 'f2c1…',
    description: 'The console takes the token by `/admin/#/hand-over?code=…`, once.',
  })
  readonly code!: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    example: '2026-07-29T09:00:00.000Z',
    description: 'In a day, or with the token.',
  })
  readonly expires_at!: Date;
}
