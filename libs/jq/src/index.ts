export { FILTER_LIMITS, FilterFailed, JsonFilters } from './filters.js';
export type { FilterLimits } from './filters.js';
