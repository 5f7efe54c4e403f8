import { Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { FILTER_LIMITS, FilterFailed, JsonFilters } from '#libs/jq';

/** Longer ones are programs. */
export const FILTER_CHARS_MAX = 4_096;

/** Filters of a document may be one for each operation. */
const FILTERS_MAX = 200;

/** Tells what is no jq filter before it is stored: a call would only fail. */
@Injectable()
export class FilterCheckService {
  private readonly filters = new JsonFilters({ ...FILTER_LIMITS, threadsMax: 1 });

  /** `member`: where it stands in the body. Throws `http.invalid`, with what is wrong with it. */
  async check(member: string, filters: readonly string[]): Promise<void> {
    if (filters.length > FILTERS_MAX) throw invalid(member, `has more than ${FILTERS_MAX} filters`);
    for (const filter of new Set(filters)) {
      if (filter.length > FILTER_CHARS_MAX)
        throw invalid(member, `has a filter of over ${FILTER_CHARS_MAX} characters`);
      await this.filters.check(filter).catch((error: unknown) => {
        if (!(error instanceof FilterFailed)) throw error;
        throw invalid(member, `is not valid jq: ${error.message}`);
      });
    }
  }
}

const invalid = (field: string, problem: string) =>
  fail('http.invalid', {
    message: `${field} ${problem}`,
    data: { errors: [{ field, message: `${field} ${problem}` }] },
  });
