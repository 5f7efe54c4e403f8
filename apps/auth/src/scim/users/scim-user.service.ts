import { Injectable } from '@nestjs/common';
import { UserService } from '../../users/user.service.js';
import { parseFilter } from '../protocol/filter.js';
import type { Page } from '../protocol/list.js';
import { readPatch } from '../protocol/patch.js';
import { ScimError, notFound } from '../protocol/scim-error.js';
import { type ScimUser, ScimUserRepository, USER_FILTERS } from './scim-user.repository.js';
import { type UserAttributes, patchedUser, readUser } from './user-attributes.js';

/** Users as the company's directory keeps them. Who is deactivated or deleted has no token any more, at once, anywhere. */
@Injectable()
export class ScimUserService {
  constructor(
    private readonly rows: ScimUserRepository,
    private readonly users: UserService,
  ) {}

  list(filter: string | undefined, page: Page): Promise<{ users: ScimUser[]; total: number }> {
    return this.rows.list(filter === undefined ? [] : parseFilter(filter, USER_FILTERS), page);
  }

  async get(id: string): Promise<ScimUser> {
    const user = await this.rows.find(id);
    if (user === null) throw notFound();
    return user;
  }

  /** Throws `uniqueness` for an address that somebody has. */
  async create(body: unknown): Promise<ScimUser> {
    const made = await this.rows.add(readUser(body));
    if (made === null) throw new ScimError(409, 'There is a user with this userName', 'uniqueness');
    await this.users.announceKept(made.email, made.isActive);
    return made;
  }

  async replace(id: string, body: unknown): Promise<ScimUser> {
    const user = await this.get(id);
    const { userName, ...attributes } = readUser(body);
    if (userName !== user.email)
      throw new ScimError(400, 'userName is who the user is: make another user', 'mutability');
    return this.change(user, attributes);
  }

  async patch(id: string, body: unknown): Promise<ScimUser> {
    const user = await this.get(id);
    return this.change(user, patchedUser(readPatch(body), user.email));
  }

  async remove(id: string): Promise<void> {
    const user = await this.get(id);
    checkIsNoAdministrator(user);
    await this.users.deprovision(user.email);
  }

  private async change(user: ScimUser, attributes: UserAttributes): Promise<ScimUser> {
    const { isActive = user.isActive } = attributes;
    if (isActive !== user.isActive) {
      checkIsNoAdministrator(user);
      await this.users.setActive(user.email, isActive);
    }
    await this.rows.describe(user.id, attributes);
    return this.get(user.id);
  }
}

/** So that a directory that goes wrong leaves somebody who can mend it. */
const checkIsNoAdministrator = ({ isAdmin }: ScimUser): void => {
  if (isAdmin)
    throw new ScimError(403, 'The user is an administrator of the gateway itself, whom an administrator disables');
};
