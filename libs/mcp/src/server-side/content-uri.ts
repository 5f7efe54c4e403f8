import { memberText, withMembers } from '../json/members.js';
import { elementsOf } from '../json/elements.js';

/** What was read of a resource, under another URI. Contents of others (a folder's files, say) keep theirs. */
export const renamedContents = (body: string, from: string, to: string): string => {
  const contents = memberText(body, 'contents');
  if (contents?.startsWith('[') !== true) return body;
  const uri = JSON.stringify(to);
  const items = elementsOf(contents).map((item) => {
    const own = item.startsWith('{') ? memberText(item, 'uri') : undefined;
    return own !== undefined && JSON.parse(own) === from ? withMembers(item, { uri }) : item;
  });
  return withMembers(body, { contents: `[${items.join(',')}]` });
};
