import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../rest/page.query.js';

export class AccountEventQuery extends PageQuery {
  @ApiPropertyOptional({ name: 'user_email', type: String, maxLength: 320, description: 'Of this user alone.' })
  @IsOptional()
  @IsString()
  @MaxLength(320)
  userEmail?: string;
}
