import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsEmail, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';

/** May this user call this tool at this endpoint? */
export class ExplainQuery {
  @ApiProperty({ type: String, format: 'email', maxLength: 320, example: 'ann@example.org' })
  @IsEmail({ require_tld: false })
  @MaxLength(320)
  user!: string;

  @ApiPropertyOptional({ type: String, maxLength: 64, description: 'A virtual server; without one, `/mcp`.' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  server?: string;

  @ApiProperty({ type: String, minLength: 1, maxLength: 512, example: 'weather-forecast' })
  @IsString()
  @MinLength(1)
  @MaxLength(512)
  tool!: string;
}
