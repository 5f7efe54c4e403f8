import { ApiProperty } from '@nestjs/swagger';
import { UserView } from '../users/user.view.js';

/** An open session of the console. Its token is in an `HttpOnly` cookie, and in no body. */
export class ConsoleSessionView {
  @ApiProperty({ type: UserView })
  user!: UserView;

  @ApiProperty({ type: 'integer', example: 28_800, description: 'Seconds until it ends, unless it is renewed.' })
  expires_in!: number;
}
