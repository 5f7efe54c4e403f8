import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength, MinLength } from 'class-validator';

export class ForgotPasswordBody {
  @ApiProperty({ type: String, format: 'email', minLength: 1, maxLength: 320, example: 'ann@example.org' })
  @IsString()
  @MinLength(1)
  @MaxLength(320)
  email!: string;
}

export class ResetPasswordBody {
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

  @ApiPropertyOptional({ name: 'confirm_password', type: String, format: 'password', description: 'The same again.' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  confirmPassword?: string;
}
