import { secret } from '#libs/config';

/** Auth signs tokens with it; ingress derives a key from it. */
export const jwtSecretOption = secret(
  'Signs tokens when JWT_ALGORITHM is HS*; at least 32 characters. STATE_SECRET, where unset, is derived from it. Embedded, one is made at the first start.',
);
