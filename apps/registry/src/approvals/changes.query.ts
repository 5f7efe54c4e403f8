import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { CHANGE_CLASSES, type ChangeClass } from '../entries/ledger/classify.js';
import { CHANGE_STATES, type ChangeState } from '../entries/ledger/tool-change.entity.js';
import { IsPlainText } from '../rest/plain-text.decorator.js';

const PAGE_LENGTH = 50;
const PAGE_LENGTH_MAX = 200;

const asList = ({ value }: { value: unknown }): unknown => (typeof value === 'string' ? value.split(',') : value);
const asInteger = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;

/** Which changes are listed. Also understood in snake_case. */
export class ChangesQuery {
  @ApiPropertyOptional({ description: 'An opaque `nextCursor` of an earlier page.' })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  cursor?: string;

  @ApiPropertyOptional({ description: 'Changes at most.', default: PAGE_LENGTH, maximum: PAGE_LENGTH_MAX })
  @IsOptional()
  @Transform(asInteger)
  @IsInt()
  @Min(1)
  @Max(PAGE_LENGTH_MAX)
  limit: number = PAGE_LENGTH;

  @ApiPropertyOptional({ description: 'Of the tools of one gateway.' })
  @IsOptional()
  @IsPlainText(64)
  gatewayId?: string;

  @ApiPropertyOptional({ description: "Of one tool, by the upstream's own name." })
  @IsOptional()
  @IsPlainText(256)
  tool?: string;

  @ApiPropertyOptional({ enum: CHANGE_STATES, isArray: true, description: 'Any of these, with commas between them.' })
  @IsOptional()
  @Transform(asList)
  @IsIn(CHANGE_STATES, { each: true })
  state?: readonly ChangeState[];

  @ApiPropertyOptional({ enum: CHANGE_CLASSES, isArray: true, description: 'Any of these, with commas between them.' })
  @IsOptional()
  @Transform(asList)
  @IsIn(CHANGE_CLASSES, { each: true })
  class?: readonly ChangeClass[];
}

/** What is said to a change. */
export class DecisionBody {
  @ApiPropertyOptional({ type: String, nullable: true, description: 'Why, for whoever reads it later.' })
  @IsOptional()
  @IsPlainText(2_000)
  note?: string | null;
}
