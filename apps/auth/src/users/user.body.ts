import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsEmail, IsOptional, IsString, MaxLength } from 'class-validator';
import { HasNoMarkup, NotSupported } from '#libs/service';

@NotSupported({ isActive: true, passwordChangeRequired: false })
export class CreateUserBody {
  @ApiProperty({ type: String, format: 'email', maxLength: 320, example: 'ann@example.org' })
  @IsEmail({ require_tld: false })
  @MaxLength(320)
  email!: string;

  @ApiPropertyOptional({
    type: String,
    format: 'password',
    nullable: true,
    minLength: 12,
    maxLength: 256,
    description: 'Without one the user works with tokens only.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  password?: string | null;

  @ApiPropertyOptional({ name: 'full_name', type: String, nullable: true, maxLength: 255, example: 'Ann Example' })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  @HasNoMarkup()
  fullName?: string | null;

  @ApiPropertyOptional({ name: 'is_admin', type: Boolean, default: false })
  @IsOptional()
  @IsBoolean()
  isAdmin?: boolean;
}

/** What is left out stays as it is. */
@NotSupported({ emailVerified: null, passwordChangeRequired: false })
export class ChangeUserBody {
  @ApiPropertyOptional({
    type: String,
    format: 'password',
    minLength: 12,
    maxLength: 256,
    description: 'Ends every token issued under the old one.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  password?: string;

  @ApiPropertyOptional({ name: 'full_name', type: String, maxLength: 255, example: 'Ann Example' })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  @HasNoMarkup()
  fullName?: string;

  @ApiPropertyOptional({ name: 'is_admin', type: Boolean })
  @IsOptional()
  @IsBoolean()
  isAdmin?: boolean;

  @ApiPropertyOptional({
    name: 'is_active',
    type: Boolean,
    example: false,
    description: 'False: the user cannot log in, and every token they have is ended, for good.',
  })
  @IsOptional()
  @IsBoolean()
  isActive?: boolean;
}
