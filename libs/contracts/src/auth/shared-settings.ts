import { secret, secretList } from '#libs/config';

/** Auth signs tokens with it; ingress derives a key from it. */
export const jwtSecretOption = secret(
  'Signs tokens when JWT_ALGORITHM is HS*; at least 32 characters. STATE_SECRET, where unset, is derived from it. Embedded, one is made at the first start.',
);

/** The setting for further keys of tokens, which verify and never sign. */
export const formerJwtSecretsOption = secretList(
  'Further values of JWT_SECRET_KEY, comma-separated, each at least 32 characters: tokens signed with them are good, none is signed with them. Former ones, and the next one while replicas are being restarted.',
);
