import { IsOptional, IsString, MaxLength, MinLength } from 'class-validator';

export class LoginRequest {
  /** `username` is taken for `email` as well. */
  @IsOptional()
  @IsString()
  @MaxLength(320)
  email?: string;

  @IsOptional()
  @IsString()
  @MaxLength(320)
  username?: string;

  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  password!: string;
}
