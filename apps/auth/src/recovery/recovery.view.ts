import { ApiProperty } from '@nestjs/swagger';

export class ResetLinkView {
  @ApiProperty({ type: Boolean, example: true })
  valid!: true;

  @ApiProperty({ type: String, example: 'Reset token is valid' })
  message!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  expires_at!: Date;
}
