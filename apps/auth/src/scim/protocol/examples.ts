import { SCIM_MEDIA_TYPE } from './scim-error.filter.js';
import { listOf } from './list.js';
import { GROUP_SCHEMA, USER_SCHEMA } from './schemas.js';

const USER_ID = '4f6c2b0e-9f6a-4d55-a9a4-6d2a52f6a6b1';
const GROUP_ID = '0b9c7e9e-3a44-4f0c-8f0e-2f8f6c1f7f3a';
const CREATED = '2026-11-29T08:00:00.000Z';

/** A User of SCIM, as the documentation shows it. */
export const USER_EXAMPLE = {
  schemas: [USER_SCHEMA],
  id: USER_ID,
  externalId: '00u1a2b3c4',
  userName: 'ann@example.org',
  displayName: 'Ann Example',
  name: { formatted: 'Ann Example' },
  emails: [{ value: 'ann@example.org', type: 'work', primary: true }],
  active: true,
  meta: { resourceType: 'User', created: CREATED, location: `/scim/v2/Users/${USER_ID}` },
};

/** A Group of SCIM, as the documentation shows it. */
export const GROUP_EXAMPLE = {
  schemas: [GROUP_SCHEMA],
  id: GROUP_ID,
  displayName: 'Research',
  members: [{ value: USER_ID, display: 'ann@example.org', type: 'User', $ref: `/scim/v2/Users/${USER_ID}` }],
  meta: { resourceType: 'Group', created: CREATED, location: `/scim/v2/Groups/${GROUP_ID}` },
};

/** A ListResponse of SCIM with this alone. */
export const listExample = (resource: object): object => listOf([resource], 1, { skip: 0, limit: 100 });

/** What an answer of SCIM is documented as. */
export const scimAnswer = (description: string, example: object) => ({
  description,
  content: { [SCIM_MEDIA_TYPE]: { schema: { type: 'object' }, example } },
});
