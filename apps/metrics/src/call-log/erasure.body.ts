import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsString, MaxLength, MinLength } from 'class-validator';
import { asUserId } from '../rest/user-id.js';

/** `POST /calls/erase` */
export class ErasureBody {
  @ApiProperty({
    type: String,
    minLength: 1,
    maxLength: 320,
    example: 'ann@example.org',
    description: 'Whose data are erased: who it is in `user` of the records, an e-mail address as a rule.',
  })
  @Transform(asUserId)
  @IsString()
  @MinLength(1)
  @MaxLength(320)
  user!: string;
}
