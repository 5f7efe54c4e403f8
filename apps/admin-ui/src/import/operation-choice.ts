import type { View } from '../api/client.ts';

type Preview = View<'OpenApiPreviewView'>;

/** Stands for the operations that have no tag. */
export const UNTAGGED = '';

/** How many tools there are of each tag, those without one last. */
export const tagsOf = ({ tags, tools }: Preview): readonly { readonly name: string; readonly tools: number }[] => {
  const untagged = tools.filter((tool) => tool.tags.length === 0).length;
  return [
    ...tags.filter((tag) => tag.tools > 0).map((tag) => ({ name: tag.name, tools: tag.tools })),
    ...(untagged > 0 ? [{ name: UNTAGGED, tools: untagged }] : []),
  ];
};

/** The tools of the tags that were not left out. */
export const chosenTools = ({ tools }: Preview, left: ReadonlySet<string>): Preview['tools'] =>
  tools.filter(({ tags }) => (tags.length === 0 ? !left.has(UNTAGGED) : tags.some((tag) => !left.has(tag))));

/**
 * What to say to the import: nothing where all is wanted; tags, so that what comes to them later comes too; single operations
 * where some without a tag are wanted besides.
 */
export const choiceOf = (
  preview: Preview,
  left: ReadonlySet<string>,
): { readonly tags?: string[]; readonly operations?: string[] } => {
  const tags = tagsOf(preview).filter(({ name }) => !left.has(name));
  if (tags.length === tagsOf(preview).length) return {};
  if (tags.some(({ name }) => name === UNTAGGED))
    return { operations: chosenTools(preview, left).map(({ key }) => key) };
  return { tags: tags.map(({ name }) => name) };
};
