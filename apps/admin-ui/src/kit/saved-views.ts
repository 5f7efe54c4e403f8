/** A list as somebody likes to see it: its filters and columns, as they stand in the address. */
export interface SavedView {
  readonly name: string;
  /** What stands behind the `?`. */
  readonly query: string;
}

export const VIEWS_MAX = 30;
export const NAME_CHARS_MAX = 60;
const QUERY_CHARS_MAX = 2_000;

const isView = (value: unknown): value is SavedView => {
  const { name, query } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return (
    typeof name === 'string' &&
    name !== '' &&
    name.length <= NAME_CHARS_MAX &&
    typeof query === 'string' &&
    query.length <= QUERY_CHARS_MAX
  );
};

/** What was kept; what is none of ours is none. */
export const readViews = (text: string | null): readonly SavedView[] => {
  try {
    const kept: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(kept) ? kept.filter(isView).slice(0, VIEWS_MAX) : [];
  } catch {
    return [];
  }
};

/** With this view, by name, in place of one of that name. Throws where there are too many, or it is too long. */
export const withView = (views: readonly SavedView[], view: SavedView): readonly SavedView[] => {
  const named = { ...view, name: view.name.trim() };
  if (!isView(named)) throw new Error('A view has a name, and filters that are not too long');
  const others = views.filter(({ name }) => name !== named.name);
  if (others.length >= VIEWS_MAX) throw new Error(`There are ${VIEWS_MAX} views: forget one first`);
  return [...others, named].sort((one, other) => one.name.localeCompare(other.name));
};
