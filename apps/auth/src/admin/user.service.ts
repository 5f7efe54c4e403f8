import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { PasswordHasher } from '../credential/password.js';
import { RevocationService } from '../credential/revocation.service.js';
import { weaknessOfPassword } from '../credential/password-policy.js';
import type { User } from '../storage/user.entity.js';
import { UserRepository } from '../storage/user.repository.js';
import type { ChangeUserRequest, CreateUserRequest } from './user.request.js';

/** Users, as administrators keep them. What is taken from a user is gone everywhere when these resolve. */
@Injectable()
export class UserService {
  constructor(
    private readonly users: UserRepository,
    private readonly passwords: PasswordHasher,
    private readonly revocations: RevocationService,
  ) {}

  async create({ email, password, fullName = null, isAdmin = false }: CreateUserRequest): Promise<User> {
    const key = email.toLowerCase();
    const passwordHash = password ? await this.hash(password, key) : null;
    if (!(await this.users.add({ email: key, fullName, passwordHash, isAdmin }))) {
      throw fail('http.conflict', { message: 'A user with this e-mail exists' });
    }
    await this.revocations.announceGrants(key);
    return this.find(key);
  }

  async find(email: string): Promise<User> {
    const user = await this.users.find(email.toLowerCase());
    if (user === null) throw fail('registry.unknown');
    return user;
  }

  list(limit: number, offset: number): Promise<{ users: User[]; total: number }> {
    return this.users.list(limit, offset);
  }

  async change(caller: Principal, email: string, { password, ...wish }: ChangeUserRequest): Promise<User> {
    const user = await this.find(email);
    if (user.email === caller.id && (wish.isActive === false || wish.isAdmin === false)) throw ownAccount();
    const passwordHash = password === undefined ? {} : { passwordHash: await this.hash(password, user.email) };
    const change = { ...declared(wish), ...passwordHash };
    if (Object.keys(change).length > 0) await this.users.change(user.email, change);
    if (change.isActive === false || password !== undefined) await this.revocations.endTrustIn(user.email);
    else await this.revocations.announceGrants(user.email);
    return this.find(user.email);
  }

  async remove(caller: Principal, email: string): Promise<void> {
    const user = await this.find(email);
    if (user.email === caller.id) throw ownAccount();
    await this.users.remove(user.email);
    await this.revocations.endTrustIn(user.email);
  }

  private hash(password: string, email: string): Promise<string> {
    const weakness = weaknessOfPassword(password, email);
    if (weakness !== null) throw fail('http.invalid', { message: `password ${weakness}` });
    return this.passwords.hash(password);
  }
}

/** So that a gateway is never left without an administrator by a slip. */
const ownAccount = () => fail('http.conflict', { message: 'Administrators cannot lock themselves out' });

const declared = (wish: Omit<ChangeUserRequest, 'password'>) => ({
  ...(wish.fullName !== undefined && { fullName: wish.fullName }),
  ...(wish.isAdmin !== undefined && { isAdmin: wish.isAdmin }),
  ...(wish.isActive !== undefined && { isActive: wish.isActive }),
});
