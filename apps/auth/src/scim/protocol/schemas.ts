import { COUNT_MAX } from './list.js';

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group';

type Details = Readonly<Record<string, unknown>>;

const attribute = (name: string, description: string, more: Details = {}): Details => ({
  name,
  type: 'string',
  multiValued: false,
  description,
  required: false,
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: 'none',
  ...more,
});

const EXTERNAL_ID = attribute('externalId', 'The id at the client', { caseExact: true });

/** The attributes that are kept. https://www.rfc-editor.org/rfc/rfc7643#section-7 */
export const SCHEMAS: readonly Details[] = [
  {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id: USER_SCHEMA,
    name: 'User',
    description: 'A user',
    attributes: [
      attribute('userName', 'The e-mail address that the user signs in with', {
        required: true,
        mutability: 'immutable',
        uniqueness: 'server',
      }),
      EXTERNAL_ID,
      attribute('displayName', 'The name of the user'),
      attribute('name', 'The name of the user', {
        type: 'complex',
        subAttributes: [attribute('formatted', 'The whole name, the same as displayName')],
      }),
      attribute('emails', 'The one address, the same as userName', {
        type: 'complex',
        multiValued: true,
        mutability: 'readOnly',
        subAttributes: [attribute('value', 'The address'), attribute('primary', 'Always true', { type: 'boolean' })],
      }),
      attribute('active', 'False: the user cannot sign in, and every token they had is ended', { type: 'boolean' }),
    ],
    meta: { resourceType: 'Schema', location: `/scim/v2/Schemas/${USER_SCHEMA}` },
  },
  {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id: GROUP_SCHEMA,
    name: 'Group',
    description: 'A team',
    attributes: [
      attribute('displayName', 'The name of the team', { required: true, uniqueness: 'server' }),
      EXTERNAL_ID,
      attribute('members', 'Who is in the team', {
        type: 'complex',
        multiValued: true,
        subAttributes: [
          attribute('value', 'The id of a user', { mutability: 'immutable' }),
          attribute('display', 'Their address', { mutability: 'readOnly' }),
        ],
      }),
    ],
    meta: { resourceType: 'Schema', location: `/scim/v2/Schemas/${GROUP_SCHEMA}` },
  },
];

const resourceType = (name: string, endpoint: string, schema: string): Details => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
  id: name,
  name,
  endpoint,
  schema,
  meta: { resourceType: 'ResourceType', location: `/scim/v2/ResourceTypes/${name}` },
});

export const RESOURCE_TYPES: readonly Details[] = [
  resourceType('User', '/Users', USER_SCHEMA),
  resourceType('Group', '/Groups', GROUP_SCHEMA),
];

/** https://www.rfc-editor.org/rfc/rfc7643#section-5 */
export const SERVICE_PROVIDER: Details = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: COUNT_MAX },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: false },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer token',
      description: 'A token of this gateway with the permission admin.scim alone',
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: '/scim/v2/ServiceProviderConfig' },
};
