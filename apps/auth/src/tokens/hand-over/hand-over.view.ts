import { ApiProperty } from '@nestjs/swagger';

/** What a link is made of. */
export class HandOverView {
  @ApiProperty({ type: String, description: 'The console takes the token by `/admin/#/hand-over?code=…`, once.' })
  readonly code!: string;

  @ApiProperty({ type: String, format: 'date-time', description: 'In a day, or with the token.' })
  readonly expires_at!: Date;
}
