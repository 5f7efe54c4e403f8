import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { fail } from '#libs/errors';
import type { TeamPage } from './team.repository.js';

const asFlag = ({ value }: { value: unknown }): unknown =>
  value === 'true' ? true : value === 'false' ? false : value;

/** Which part of a list is wanted, by number. */
export class DiscoverQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 0, default: 0, description: 'Teams to leave out before.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(10_000_000)
  skip: number = 0;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 50, description: 'Teams at most.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 50;
}

export class TeamListQuery extends DiscoverQuery {
  @ApiPropertyOptional({ type: String, description: 'An opaque `nextCursor` of an earlier page.' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  cursor?: string;

  @ApiPropertyOptional({
    name: 'include_pagination',
    type: Boolean,
    default: false,
    description: 'Answer `nextCursor` instead of the number of all teams.',
  })
  @IsOptional()
  @Transform(asFlag)
  @IsBoolean()
  includePagination?: boolean;
}

export class MemberListQuery {
  @ApiPropertyOptional({ type: String, description: 'An opaque `nextCursor` of an earlier page.' })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  cursor?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 500, description: 'Members at most; all by default.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;

  @ApiPropertyOptional({
    name: 'include_pagination',
    type: Boolean,
    default: false,
    description: 'Answer an object with the members and `nextCursor` instead of an array.',
  })
  @IsOptional()
  @Transform(asFlag)
  @IsBoolean()
  includePagination?: boolean;
}

/** One more than is wanted, which tells whether there is a next page. */
export const pageOf = ({ cursor, skip, limit }: TeamListQuery): TeamPage => ({
  after: afterOf(cursor),
  skip,
  limit: limit + 1,
});

/** What the cursor stands for. Throws `http.invalid` for one that no list gave. */
export const afterOf = (cursor: string | undefined): string | null => {
  if (cursor === undefined) return null;
  const [, after] = /^after:(.{1,320})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (after === undefined || cursorAfter(after) !== cursor || after.includes('\0'))
    throw fail('http.invalid', { message: 'The cursor is not one this list gave' });
  return after;
};

export const cursorAfter = (key: string): string => Buffer.from(`after:${key}`).toString('base64url');
