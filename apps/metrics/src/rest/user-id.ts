/** For `@Transform`: an e-mail address as auth keeps it and records name it. */
export const asUserId = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' ? value.toLowerCase() : value;
