/** The tag of what `apply` has made of the files of a set; the gateway gives it, see `apply_set` of `POST /import`. */
export const tagOf = (set: string): string => `apply:${set}`;
