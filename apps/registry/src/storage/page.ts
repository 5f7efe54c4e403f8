import { Brackets, type ObjectLiteral, type SelectQueryBuilder } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import type { Visibility } from '#contracts/registry/catalog';
import { isPublicOnly } from '#libs/identity';

/** What a list is narrowed to. */
export interface ListFilter {
  readonly includeInactive: boolean;
  /** Any of these groups, of which every tag must be there: `a,b+c` is `[[a], [b, c]]`. */
  readonly tagGroups: readonly (readonly string[])[];
  readonly visibility: Visibility | null;
  readonly teamId: string | null;
  readonly gatewayId: string | null;
}

export interface Page {
  /** Entries after this ordinal. */
  readonly after: number | null;
  /** All of them when null. */
  readonly limit: number | null;
}

export interface Paged<Row> {
  readonly rows: readonly Row[];
  readonly next: number | null;
}

/** The same answer as `canView` of libs/identity gives, in SQL; `alias` is the table that holds the scope. */
export const onlySeenBy = <Row extends ObjectLiteral>(
  query: SelectQueryBuilder<Row>,
  alias: string,
  principal: Principal,
): SelectQueryBuilder<Row> => {
  const { confinedTo } = principal;
  if (confinedTo !== undefined)
    query.andWhere(`${alias}.visibility <> 'private' AND ${alias}.teamId = ANY(:confinedTo)`, { confinedTo });
  return query.andWhere(
    new Brackets((scope) => {
      scope.where(`${alias}.visibility = 'public'`);
      if (principal.teams === null) scope.orWhere(`${alias}.visibility = 'team'`);
      else if (principal.teams.length > 0) {
        scope.orWhere(`(${alias}.visibility = 'team' AND ${alias}.teamId = ANY(:seenTeams))`, {
          seenTeams: principal.teams,
        });
      }
      if (principal.kind === 'user' && !isPublicOnly(principal)) {
        scope.orWhere(`(${alias}.visibility = 'private' AND ${alias}.ownerEmail = :seenBy)`, { seenBy: principal.id });
      }
    }),
  );
};

/** All of a caller that `onlySeenBy` looks at: two with the same one see the same. */
export const scopeKeyOf = (principal: Principal): readonly unknown[] => [
  principal.confinedTo ?? null,
  principal.teams?.toSorted() ?? null,
  principal.kind === 'user' && !isPublicOnly(principal) ? principal.id : null,
];

/** Tags by the table `tagged`, visibility and team by the table `sighted`. */
export const narrowTo = <Row extends ObjectLiteral>(
  query: SelectQueryBuilder<Row>,
  filter: ListFilter,
  { tagged, sighted }: { readonly tagged: string; readonly sighted: string },
): SelectQueryBuilder<Row> => {
  if (filter.visibility !== null)
    query.andWhere(`${sighted}.visibility = :visibility`, { visibility: filter.visibility });
  if (filter.teamId !== null) query.andWhere(`${sighted}.teamId = :teamId`, { teamId: filter.teamId });
  if (filter.tagGroups.length > 0) {
    query.andWhere(
      new Brackets((any) => {
        filter.tagGroups.forEach((group, index) => {
          any.orWhere(`${tagged}.tags @> :tags${index}`, { [`tags${index}`]: group });
        });
      }),
    );
  }
  return query;
};

/** By ordinal, so that a page begins where the last one ended whatever has been added or removed since. */
export const pageOf = async <Row extends { readonly ordinal: number }>(
  query: SelectQueryBuilder<Row>,
  alias: string,
  page: Page,
): Promise<Paged<Row>> => {
  if (page.after !== null) query.andWhere(`${alias}.ordinal > :after`, { after: page.after });
  query.orderBy(`${alias}.ordinal`);
  if (page.limit === null) return { rows: await query.getMany(), next: null };
  const rows = await query.limit(page.limit + 1).getMany();
  if (rows.length <= page.limit) return { rows, next: null };
  const shown = rows.slice(0, page.limit);
  return { rows: shown, next: shown.at(-1)?.ordinal ?? null };
};
