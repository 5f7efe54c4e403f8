import { fail } from '#libs/errors';
import { parseEmail } from './email.js';
import { weaknessOfPassword } from './password-policy.js';
import type { PasswordHasher } from './password.js';
import type { UserRepository } from './user.repository.js';

/** What the command needs of the database, until it closes it. */
interface UserStore {
  readonly users: UserRepository;
  readonly passwords: PasswordHasher;
  close(): Promise<void>;
}

/** As it stands on the command line, with what was read from standard input. */
export interface NewUser {
  /** The address, which is the name. */
  readonly user?: string;
  readonly admin?: boolean;
  /** Without one, the user can only use tokens. */
  readonly password?: string;
}

/** Answers the line to print. A password is never taken from the command line, where others could read it. */
export const createUser = async (
  { user, admin = false, password }: NewUser,
  open: () => Promise<UserStore>,
): Promise<string> => {
  const email = parseEmail(user);
  const weakness = password === undefined ? null : await weaknessOfPassword(password, email);
  if (weakness !== null) throw fail('config.invalid', { message: `The password ${weakness}` });
  const store = await open();
  try {
    const passwordHash = password === undefined ? null : await store.passwords.hash(password);
    if (!(await store.users.add({ email, isAdmin: admin, passwordHash }))) {
      throw fail('http.conflict', { message: `${email} exists already` });
    }
    return `created ${email}`;
  } finally {
    await store.close();
  }
};
