/** What the names of tags begin with that say which set of files `switchyard apply` has made something of. */
const PREFIX = 'apply:';

const isApplyTag = (tag: unknown): boolean => typeof tag === 'string' && tag.startsWith(PREFIX);

/**
 * Tags without those of `switchyard apply`. They say who made a thing at one gateway, and what has one may be removed by
 * `apply --prune`, so they do not travel in files.
 */
export const withoutApplyTags = <Tag>(tags: readonly Tag[]): Tag[] => tags.filter((tag) => !isApplyTag(tag));

/**
 * The tags that an entry of a file gets: what the file says, and of `switchyard apply` what is here already, or where the
 * entry is new the tag of the set that it is made of.
 */
export const importedTags = (
  said: unknown,
  known: { readonly tags: readonly string[] } | null,
  applySet: string | undefined,
): unknown[] => {
  const made = applySet === undefined ? [] : [`${PREFIX}${applySet}`];
  const kept = known === null ? made : known.tags.filter(isApplyTag);
  return [...withoutApplyTags(Array.isArray(said) ? (said as unknown[]) : []), ...kept];
};
