import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsEmail, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { HasNoMarkup } from '#libs/service';
import { NewPassword } from '../rest/new-password.decorator.js';

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

/** An account that somebody asks for. */
export class RegisterBody {
  @ApiProperty({ type: String, format: 'email', maxLength: 320, example: 'ann@example.org' })
  @IsEmail({ require_tld: false })
  @MaxLength(320)
  email!: string;

  @ApiProperty({ type: String, format: 'password', minLength: 12, maxLength: 256 })
  @IsString()
  @MaxLength(256)
  password!: string;

  @ApiPropertyOptional({ name: 'full_name', type: String, nullable: true, maxLength: 255, example: 'Ann Example' })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  @HasNoMarkup()
  fullName?: string | null;
}

/** A change of one's own password. */
export class ChangePasswordBody {
  @ApiProperty({ name: 'old_password', type: String, format: 'password', minLength: 1, maxLength: 1024 })
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  oldPassword!: string;

  @NewPassword()
  newPassword!: string;
}
