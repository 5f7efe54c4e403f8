import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';

/** A change of one's own password. */
export class ChangePasswordBody {
  @ApiProperty({ name: 'old_password', type: String, format: 'password', minLength: 1, maxLength: 1024 })
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  oldPassword!: string;

  @ApiProperty({
    name: 'new_password',
    type: String,
    format: 'password',
    minLength: 12,
    maxLength: 256,
    description: 'Not one that attackers try first.',
  })
  @IsString()
  @MaxLength(256)
  newPassword!: string;
}
