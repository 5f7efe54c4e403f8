import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength, MinLength } from 'class-validator';

export class LoginRequest {
  /** `username` is taken for `email` as well. */
  @ApiPropertyOptional({ type: String, format: 'email' })
  @IsOptional()
  @IsString()
  @MaxLength(320)
  email?: string;

  @ApiPropertyOptional({ type: String, deprecated: true })
  @IsOptional()
  @IsString()
  @MaxLength(320)
  username?: string;

  @ApiProperty({ type: String, format: 'password' })
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  password!: string;
}
