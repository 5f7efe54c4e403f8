import { type FileEntry, LeftOut, isEmpty, isObject, textMembers } from '../file-entry.js';

const OF_UPSTREAM = 'it has no content: a gateway of the file offers it, and is asked for it';

type Members = Readonly<Record<string, unknown>>;

/** A prompt of the file that is its own. Throws `LeftOut` for one of an upstream, which has no template there. */
export const readPrompt = (entry: FileEntry): Members => {
  const { name, custom_name: customName, display_name: title, template, input_schema: schema } = entry;
  if (isEmpty(template)) throw new LeftOut(OF_UPSTREAM);
  const shown = typeof customName === 'string' && customName !== '' ? customName : name;
  return {
    name: shown,
    ...(typeof title === 'string' && title !== '' && title !== name && title !== shown && { title }),
    template,
    arguments: argumentsIn(schema),
    ...textMembers(entry),
  };
};

/** A resource of the file with its content, which ContextForge leaves out. Throws `LeftOut` for one without. */
export const readResource = (entry: FileEntry): Members => {
  const { name, display_name: title, uri, uri_template: uriTemplate, mime_type: mimeType, content, blob } = entry;
  if (typeof content !== 'string' && typeof blob !== 'string') throw new LeftOut(OF_UPSTREAM);
  return {
    name,
    ...(!isEmpty(title) && { title }),
    ...(isEmpty(uriTemplate) ? { uri } : { uriTemplate }),
    ...(!isEmpty(mimeType) && { mimeType }),
    ...(typeof blob === 'string' ? { blob } : { content }),
    ...(isEmpty(entry['input_schema']) ? {} : { arguments: argumentsIn(entry['input_schema']) }),
    ...textMembers(entry),
  };
};

/** It writes the arguments of a prompt as the properties of a schema. */
const argumentsIn = (schema: unknown): Members[] => {
  const { properties, required } = isObject(schema) ? schema : {};
  const needed: readonly unknown[] = Array.isArray(required) ? required : [];
  return Object.entries(isObject(properties) ? properties : {}).map(([name, property]) => {
    const { description, enum: values } = isObject(property) ? property : {};
    return {
      name,
      required: needed.includes(name),
      ...(!isEmpty(description) && { description }),
      ...(Array.isArray(values) && { values }),
    };
  });
};
