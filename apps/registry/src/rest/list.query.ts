import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Equals, IsBoolean, IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { VISIBILITIES, type Visibility } from '#contracts/registry/catalog';
import { fail } from '#libs/errors';
import { NotSupported } from '#libs/service';
import type { ListFilter, Page, Paged } from '../storage/page.js';
import { IsPlainText } from './plain-text.decorator.js';

const PAGE_LENGTH = 50;
const PAGE_LENGTH_MAX = 500;
const TAGS_MAX = 50;

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  yes: true,
  false: false,
  '0': false,
  no: false,
};

/** A query's text as the boolean it stands for; anything else is left for the validator to refuse. */
export const asBoolean = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' ? (WORDS[value.toLowerCase()] ?? value) : value;
const asInteger = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;

/** How every list may be narrowed and paged. Also understood in snake_case. */
@NotSupported({ apijsonpath: null, includeMetrics: false })
export class ListQuery {
  @ApiPropertyOptional({ description: 'An opaque `nextCursor` of an earlier page.' })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  cursor?: string;

  @ApiPropertyOptional({
    description: `Entries at most; 0 means all. ${PAGE_LENGTH} when paged, all when not.`,
    maximum: PAGE_LENGTH_MAX,
  })
  @IsOptional()
  @Transform(asInteger)
  @IsInt()
  @Min(0)
  @Max(PAGE_LENGTH_MAX)
  limit?: number;

  @ApiPropertyOptional({ description: 'Answer an object with the entries and `nextCursor` instead of an array.' })
  @IsOptional()
  @Transform(asBoolean)
  @IsBoolean()
  includePagination?: boolean;

  @ApiPropertyOptional({ description: 'Also what is disabled.' })
  @IsOptional()
  @Transform(asBoolean)
  @IsBoolean()
  includeInactive?: boolean;

  @ApiPropertyOptional({ description: 'Tags: a comma means or, a plus means and.' })
  @IsOptional()
  @IsPlainText(1000)
  tags?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsPlainText(64)
  gatewayId?: string;

  @ApiPropertyOptional({ enum: VISIBILITIES })
  @IsOptional()
  @IsIn(VISIBILITIES)
  visibility?: Visibility;

  @ApiPropertyOptional()
  @IsOptional()
  @IsPlainText(128)
  teamId?: string;
}

/** Which state to set; also understood as `?activate=`. */
export class StateQuery {
  @ApiPropertyOptional({ default: true })
  @IsOptional()
  @Transform(asBoolean)
  @IsBoolean()
  activate?: boolean;
}

/** What may be said of a deletion. */
export class RemoveQuery {
  @ApiPropertyOptional({
    description: 'Only false: records of calls are kept by the metrics service for their own time.',
    enum: [false],
  })
  @IsOptional()
  @Transform(asBoolean)
  @Equals(false)
  purgeMetrics?: false;
}

export const filterOf = (query: ListQuery): ListFilter => ({
  includeInactive: query.includeInactive ?? false,
  tagGroups: tagGroupsOf(query.tags ?? ''),
  visibility: query.visibility ?? null,
  teamId: query.teamId ?? null,
  gatewayId: query.gatewayId ?? null,
});

/** An unescaped plus in a query arrives as a space. */
const tagGroupsOf = (tags: string): string[][] =>
  tags
    .split(',')
    .slice(0, TAGS_MAX)
    .map((group) => group.split(/[+ ]/).filter((tag) => tag !== ''))
    .filter((group) => group.length > 0);

export const pageOfQuery = (query: ListQuery): Page => {
  const limit = query.limit ?? (query.includePagination === true ? PAGE_LENGTH : 0);
  return { after: query.cursor === undefined ? null : readCursor(query.cursor), limit: limit === 0 ? null : limit };
};

/** The plain array of the entries, or an object that also says where the next page begins. */
export const listAnswer = <Row, View>(
  query: ListQuery,
  member: string,
  paged: Paged<Row>,
  views: readonly View[],
): readonly View[] | Record<string, unknown> =>
  query.includePagination === true ? { [member]: views, nextCursor: nextCursorOf(paged) } : views;

/** Null on the last page. */
export const nextCursorOf = <Row>({ next }: Paged<Row>): string | null => (next === null ? null : writeCursor(next));

/** The page after (or, in a list of the newest first, before) what has this ordinal. */
export const writeCursor = (ordinal: number): string => Buffer.from(`after:${ordinal}`).toString('base64url');

/** Throws `http.invalid` for what `writeCursor` has not written. */
export const readCursor = (cursor: string): number => {
  const ordinal = /^after:(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.[1];
  if (ordinal === undefined || writeCursor(Number(ordinal)) !== cursor) {
    throw fail('http.invalid', { message: 'The cursor is not one this list gave' });
  }
  return Number(ordinal);
};
