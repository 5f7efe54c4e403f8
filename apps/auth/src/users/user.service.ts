import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { CredentialRevoked, GrantsChanged } from '#contracts/auth/credential-revoked.event';
import { ConnectorRevoked } from '#contracts/auth/connectors/connector-revoked.event';
import type { Principal } from '#contracts/auth/principal';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { AccountEvents } from '../account-events/account-events.service.js';
import {
  LoginAttemptRepository,
  type LockoutRule,
  type LoginOrigin,
  type LoginRule,
} from './login-attempt.repository.js';
import { weaknessOfPassword } from './password-policy.js';
import { PasswordHasher } from './password.js';
import type { ChangeUserBody, CreateUserBody } from './user.body.js';
import type { User } from './user.entity.js';
import { UserAuthority } from './user-authority.js';
import { type EndedWithUser, UserRepository } from './user.repository.js';

/**
 * Users, as administrators keep them. A change is announced once it is committed: whoever remembers a caller drops them
 * as the announcement arrives.
 */
@Injectable()
export class UserService {
  private readonly leavings: ((email: string) => Promise<void>)[] = [];

  constructor(
    private readonly users: UserRepository,
    private readonly attempts: LoginAttemptRepository,
    private readonly passwords: PasswordHasher,
    private readonly authority: UserAuthority,
    private readonly events: AccountEvents,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /**
   * Throws `http.conflict` when the user exists, `http.invalid` for a weak password, `auth.grant_missing` for an administrator
   * whom no administrator makes.
   */
  async create(caller: Principal, body: CreateUserBody): Promise<User> {
    const { email, password, fullName = null, isAdmin = false } = body;
    await this.authority.checkMayAppoint(caller, isAdmin);
    const key = email.toLowerCase();
    const passwordHash = password ? await this.hash(password, key) : null;
    if (!(await this.users.add({ email: key, fullName, passwordHash, isAdmin }))) {
      throw fail('http.conflict', { message: 'A user with this e-mail exists' });
    }
    await this.announceGrants(key);
    return this.get(key);
  }

  /** Makes an ordinary user who asks for it themselves. Throws `http.conflict` for one who is here or was removed, `http.invalid` for a weak password. */
  async register(email: string, password: string, fullName: string | null): Promise<User> {
    const key = email.toLowerCase();
    const passwordHash = await this.hash(password, key);
    if (!(await this.users.addFirst({ email: key, fullName, passwordHash, isAdmin: false })))
      throw fail('http.conflict', { message: 'A user with this e-mail exists' });
    await this.announceGrants(key);
    return this.get(key);
  }

  /** Makes an ordinary user whom another authority vouches for. One who is here already, or was removed, stays as they are. */
  async keep(email: string, authProvider: string, fullName: string | null = null): Promise<void> {
    await this.users.addFirst({ email, fullName, isAdmin: false, authProvider });
  }

  /** The user; `null` for one who was removed or never existed. */
  find(email: string): Promise<User | null> {
    return this.users.find(email.toLowerCase());
  }

  /** Throws `registry.unknown` where there is no such user. */
  async get(email: string): Promise<User> {
    const user = await this.find(email);
    if (user === null) throw fail('registry.unknown');
    return user;
  }

  list(limit: number, offset: number): Promise<{ users: User[]; total: number }> {
    return this.users.list(limit, offset);
  }

  /**
   * Throws `http.conflict` when administrators would lock themselves out, `auth.grant_missing` where the caller changes more
   * than the name of who may more than they. A new password ends all tokens.
   */
  async change(caller: Principal, email: string, { password, ...body }: ChangeUserBody): Promise<User> {
    const user = await this.get(email);
    await this.authority.checkMayAppoint(caller, body.isAdmin === true);
    const decides = password !== undefined || body.isActive !== undefined || body.isAdmin !== undefined;
    if (password !== undefined) await this.authority.checkMaySetPassword(caller, user.email);
    else if (decides) await this.authority.checkMayDecideOver(caller, user.email);
    if (user.email === caller.id && (body.isActive === false || body.isAdmin === false)) throw ownAccount();
    const passwordHash = password === undefined ? {} : { passwordHash: await this.hash(password, user.email) };
    const change = { ...given(body), ...passwordHash };
    const ended = Object.keys(change).length > 0 ? await this.users.change(user.email, change) : undefined;
    if (password !== undefined)
      await this.events.note({ userEmail: user.email, eventType: 'password_change', address: '' });
    if (change.isActive === false || password !== undefined) await this.announceRevocation(user.email, ended);
    else await this.announceGrants(user.email);
    return this.get(user.email);
  }

  /**
   * A user's own password, by who knows the old one; it ends every token they have. Throws `auth.credential_invalid` for
   * a wrong old one, which counts as a failed log-in, and `http.invalid` for a weak new one.
   */
  async changeOwnPassword(origin: LoginOrigin, old: string, password: string, rule: LoginRule): Promise<void> {
    const { user } = await this.checkPassword(origin, old, rule);
    if (user === null) throw fail('auth.credential_invalid', { message: 'The old password is wrong' });
    await this.attempts.settle(origin);
    if (password === old) throw fail('http.invalid', { message: 'The new password is the old one' });
    const ended = await this.users.change(user.email, { passwordHash: await this.hash(password, user.email) });
    await this.announceRevocation(user.email, ended);
    await this.events.note({ userEmail: user.email, eventType: 'password_change', address: origin.address });
  }

  /**
   * A user's new password, by who read their mail; it ends every token they have. `redeem` uses up what proves it, last of all.
   * Throws `auth.link_invalid` for a user who is not active, `http.invalid` for a weak password.
   */
  async resetPassword(email: string, password: string, redeem: () => Promise<void>): Promise<void> {
    const user = await this.find(email);
    if (user === null || !user.isActive) throw fail('auth.link_invalid');
    const passwordHash = await this.hash(password, user.email);
    await redeem();
    await this.announceRevocation(user.email, await this.users.change(user.email, { passwordHash }));
  }

  /** Forgets wrong passwords, wherever they came from, so that nobody is locked out. Throws as `change` does. */
  async unlock(caller: Principal, email: string): Promise<User> {
    const user = await this.get(email);
    await this.authority.checkMayDecideOver(caller, user.email);
    await this.users.unlock(user.email);
    await this.events.note({ userEmail: user.email, eventType: 'account_unlocked', address: '' });
    return user;
  }

  /** Lets a user in or shuts them out, ending every token they have, without asking whether somebody may. */
  async setActive(email: string, isActive: boolean): Promise<void> {
    const ended = await this.users.change(email, { isActive });
    if (isActive) await this.announceGrants(email);
    else await this.announceRevocation(email, ended);
  }

  /** `leave` is awaited before a user is removed, while all that they have is still known; it never rejects. */
  beforeRemoval(leave: (email: string) => Promise<void>): void {
    this.leavings.push(leave);
  }

  /** Removes a user, ending every token they have, without asking whether somebody may. */
  async deprovision(email: string): Promise<void> {
    for (const leave of this.leavings) await leave(email);
    await this.announceRevocation(email, await this.users.remove(email));
  }

  /** That a user was kept as they are now: whoever remembers something else of them drops it. */
  announceKept(email: string, isActive: boolean): Promise<void> {
    return isActive ? this.announceGrants(email) : this.announceRevocation(email);
  }

  /** Counts what strangers ask for as failed log-ins from there are. Throws `http.rate_limited` where the address has to wait. */
  countAttempt(address: string, rule: LockoutRule): Promise<void> {
    return this.attempts.countAddress(address, rule);
  }

  /** Throws `auth.grant_missing` where the user is an administrator and the caller is none. */
  checkNoAdministrator(caller: Principal, email: string): Promise<void> {
    return this.authority.checkNoAdministrator(caller, email);
  }

  /** Throws `auth.grant_missing` where the caller may not set the user's password, and so not act as them either. */
  checkMaySetPassword(caller: Principal, email: string): Promise<void> {
    return this.authority.checkMaySetPassword(caller, email);
  }

  /** Throws as `change` does. */
  async remove(caller: Principal, email: string): Promise<void> {
    const user = await this.get(email);
    await this.authority.checkMayDecideOver(caller, user.email);
    if (user.email === caller.id) throw ownAccount();
    await this.deprovision(user.email);
  }

  /**
   * Whose password this is. The attempt is counted before the password is looked at; `isKnown` tells the log, never the
   * caller, whether there was an account to try. Throws `http.rate_limited` where too many came from the address.
   */
  async checkPassword(
    origin: LoginOrigin,
    password: string,
    rule: LoginRule,
  ): Promise<{ readonly user: User | null; readonly isKnown: boolean }> {
    const attempt = await this.attempts.begin(origin, rule);
    const isRight = await this.passwords.verify(password, attempt?.passwordHash ?? null, origin.address);
    const isFirst = attempt?.passwordHash === null && isFirstLogin(origin.email, password, rule);
    const user = isRight || isFirst ? await this.users.find(origin.email) : null;
    // Theirs ends with what was ended while the password was looked at.
    if (user !== null) user.credentialsNotBefore = attempt?.credentialsNotBefore ?? null;
    return { user, isKnown: attempt !== null };
  }

  /** Forgets the wrong passwords before a right one. */
  settleLogin(origin: LoginOrigin): Promise<void> {
    return this.attempts.settle(origin);
  }

  /** Of all that a user has, and of what ended with it. */
  private async announceRevocation(principalId: string, ended?: EndedWithUser): Promise<void> {
    this.bus.publish(CredentialRevoked, { principalId });
    for (const tokenId of ended?.tokenIds ?? []) this.bus.publish(CredentialRevoked, { tokenId });
    for (const connectorId of ended?.connectorIds ?? []) this.bus.publish(ConnectorRevoked, { connectorId });
    await this.bus.flush();
  }

  private async announceGrants(principalId: string): Promise<void> {
    this.bus.publish(GrantsChanged, { principalId });
    await this.bus.flush();
  }

  private async hash(password: string, email: string): Promise<string> {
    const weakness = await weaknessOfPassword(password, email);
    if (weakness !== null) throw fail('http.invalid', { message: `password ${weakness}` });
    return this.passwords.hash(password);
  }
}

const isFirstLogin = (email: string, password: string, { first }: LoginRule): boolean =>
  first?.email === email && timingSafeEqual(digestOf(password), digestOf(first.password));

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** So that a gateway is never left without an administrator by a slip. */
const ownAccount = () => fail('http.conflict', { message: 'Administrators cannot lock themselves out' });

const given = (body: Omit<ChangeUserBody, 'password'>) => ({
  ...(body.fullName !== undefined && { fullName: body.fullName }),
  ...(body.isAdmin !== undefined && { isAdmin: body.isAdmin }),
  ...(body.isActive !== undefined && { isActive: body.isActive }),
});
