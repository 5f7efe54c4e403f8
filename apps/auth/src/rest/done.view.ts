import { ApiProperty } from '@nestjs/swagger';

/** That what was asked for is done. */
export class DoneView {
  @ApiProperty({ type: Boolean, example: true })
  success!: true;

  @ApiProperty({ type: String, example: 'Password changed successfully' })
  message!: string;
}
