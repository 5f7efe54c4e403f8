const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}([\\t ]*;[\\t\\x20-\\x7e]*)?$`);

/** Some published documents have other keys, such as `examples`, where media types belong. */
export const isMediaType = (text: string): boolean => MEDIA_TYPE.test(text);

/** `application/json; charset=utf-8` → `application/json`. */
export const essenceOf = (mediaType: string): string => (mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();

/** A parameter of a media type, unquoted: `charset`. */
export const mediaTypeParameter = (mediaType: string, name: string): string | undefined => {
  for (const part of mediaType.split(';').slice(1)) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim().toLowerCase() === name) {
      return part
        .slice(equals + 1)
        .trim()
        .replaceAll('"', '');
    }
  }
  return undefined;
};

/** `application/json`, anything `+json`, and ranges that take JSON. */
export const isJsonType = (mediaType: string): boolean => {
  const essence = essenceOf(mediaType);
  return (
    essence === 'application/json' ||
    essence === 'text/json' ||
    essence.endsWith('+json') ||
    essence === '*/*' ||
    essence === 'application/*'
  );
};

/** Text that a model can read as it is. */
export const isTextType = (mediaType: string): boolean => {
  const essence = essenceOf(mediaType);
  return (
    essence.startsWith('text/') ||
    /^application\/(.*\+)?(xml|yaml)$/.test(essence) ||
    /^application\/(x-yaml|x-ndjson|ndjson|jsonl|json-seq|graphql|javascript|sql|toml|csv)$/.test(essence)
  );
};

export const isFormType = (mediaType: string): boolean => essenceOf(mediaType) === 'application/x-www-form-urlencoded';

export const isMultipartType = (mediaType: string): boolean => essenceOf(mediaType).startsWith('multipart/');

/** The charset of a text that is JSON or YAML: UTF-8 unless the media type names another that is known. */
export const mediaTypeCharset = (mediaType: string): string => {
  const charset = mediaTypeParameter(mediaType, 'charset') ?? 'utf-8';
  try {
    return new TextDecoder(charset).encoding;
  } catch {
    return 'utf-8';
  }
};
