import { IsBoolean, IsEmail, IsOptional, IsString, MaxLength } from 'class-validator';

export class CreateUserRequest {
  @IsEmail({ require_tld: false })
  @MaxLength(320)
  email!: string;

  /** Without one the user works with tokens only. */
  @IsOptional()
  @IsString()
  @MaxLength(256)
  password?: string | null;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  fullName?: string | null;

  @IsOptional()
  @IsBoolean()
  isAdmin?: boolean;
}

export class ChangeUserRequest {
  @IsOptional()
  @IsString()
  @MaxLength(256)
  password?: string;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  fullName?: string;

  @IsOptional()
  @IsBoolean()
  isAdmin?: boolean;

  @IsOptional()
  @IsBoolean()
  isActive?: boolean;
}
