import { integer } from '#libs/config';

/** Ingress answers lists in such pages; the registry says where a list is longer than one. */
export const listPageSizeOption = integer(
  5_000,
  'Entries of a page of tools, prompts, resources or resource templates at most. Many clients read the first page alone.',
  { min: 1, max: 100_000 },
);

/** As `listPageSizeOption`, in UTF-8. */
export const listPageBytesOption = integer(
  8_000_000,
  'Bytes of the definitions on such a page at most; one entry is on it in any case.',
  { min: 1_024, max: 32_000_000 },
);
