import { isFormType, isJsonType, isMultipartType, isTextType } from '../document/media-type.js';
import type { BodyForm } from '../request/binding.js';

/** How a body of a media type is written. */
export const bodyFormOf = (mediaType: string): BodyForm => {
  if (isJsonType(mediaType)) return 'json';
  if (isFormType(mediaType)) return 'urlencoded';
  if (isMultipartType(mediaType)) return 'multipart';
  return isTextType(mediaType) ? 'text' : 'binary';
};
