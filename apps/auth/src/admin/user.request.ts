import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsEmail, IsOptional, IsString, MaxLength } from 'class-validator';

export class CreateUserRequest {
  @ApiProperty({ type: String, format: 'email' })
  @IsEmail({ require_tld: false })
  @MaxLength(320)
  email!: string;

  /** Without one the user works with tokens only. */
  @ApiPropertyOptional({ type: String, format: 'password' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  password?: string | null;

  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  fullName?: string | null;

  @ApiPropertyOptional({ type: Boolean })
  @IsOptional()
  @IsBoolean()
  isAdmin?: boolean;
}

export class ChangeUserRequest {
  @ApiPropertyOptional({ type: String, format: 'password' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  password?: string;

  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  fullName?: string;

  @ApiPropertyOptional({ type: Boolean })
  @IsOptional()
  @IsBoolean()
  isAdmin?: boolean;

  @ApiPropertyOptional({ type: Boolean })
  @IsOptional()
  @IsBoolean()
  isActive?: boolean;
}
