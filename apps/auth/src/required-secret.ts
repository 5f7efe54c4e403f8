import { fail } from '#libs/errors';

/** The secret, or the reason why the service does not start. That it is strong is checked where it is read. */
export const requiredSecret = (name: string, secret: string | null): string => {
  if (secret !== null) return secret;
  throw fail('config.invalid', { message: `${name} is required; make one with: openssl rand -base64 48` });
};
