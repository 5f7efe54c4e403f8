import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength, MinLength } from 'class-validator';

export class LoginBody {
  @ApiPropertyOptional({ type: String, format: 'email', maxLength: 320, example: 'ann@example.org' })
  @IsOptional()
  @IsString()
  @MaxLength(320)
  email?: string;

  @ApiPropertyOptional({ type: String, maxLength: 320, deprecated: true, description: 'Another name for `email`.' })
  @IsOptional()
  @IsString()
  @MaxLength(320)
  username?: string;

  @ApiProperty({ type: String, format: 'password', minLength: 1, maxLength: 1024 })
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  password!: string;
}

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
