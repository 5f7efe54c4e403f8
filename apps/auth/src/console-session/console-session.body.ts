import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';

/** How somebody with a password opens the console. */
export class ConsoleLoginBody {
  @ApiProperty({ type: String, format: 'email', maxLength: 320, example: 'ann@example.org' })
  @IsString()
  @MaxLength(320)
  email!: string;

  @ApiProperty({ type: String, format: 'password', minLength: 1, maxLength: 1024 })
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  password!: string;
}

/** How somebody with a link opens it. */
export class RedeemLinkBody {
  @ApiProperty({ type: String, maxLength: 2048, description: 'What the link of `switchyard open` has after `code=`.' })
  @IsString()
  @MaxLength(2048)
  code!: string;
}
