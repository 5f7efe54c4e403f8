import { membersOf, valueText, withMembers } from '../json/members.js';
import { elementsOf } from '../json/elements.js';

/** What was read of a resource, under another URI. Contents of others (a folder's files, say) keep theirs. */
export const renamedContents = (body: string, from: string, to: string): string => {
  const contents = membersOf(body).find(({ key }) => key === 'contents');
  if (contents === undefined || !valueText(body, contents).startsWith('[')) return body;
  const uri = JSON.stringify(to);
  const items = elementsOf(valueText(body, contents)).map((item) => {
    const member = item.startsWith('{') ? membersOf(item).find(({ key }) => key === 'uri') : undefined;
    const isIt = member !== undefined && JSON.parse(valueText(item, member)) === from;
    return isIt ? withMembers(item, { uri }) : item;
  });
  return withMembers(body, { contents: `[${items.join(',')}]` });
};
