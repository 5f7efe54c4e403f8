import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { NewPassword } from '../rest/new-password.decorator.js';

export class ForgotPasswordBody {
  @ApiProperty({ type: String, format: 'email', minLength: 1, maxLength: 320, example: 'ann@example.org' })
  @IsString()
  @MinLength(1)
  @MaxLength(320)
  email!: string;
}

export class ResetPasswordBody {
  @NewPassword()
  newPassword!: string;

  @ApiPropertyOptional({ name: 'confirm_password', type: String, format: 'password', description: 'The same again.' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  confirmPassword?: string;
}
