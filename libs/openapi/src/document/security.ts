import { isObject } from '#libs/mcp';
import { entriesOf, type Json, memberOf, stringOf, stringsOf } from '../json.js';
import type { SecurityRequirement, SecurityScheme } from './document.js';
import { type References, Unusable } from './references.js';

const TYPES: readonly unknown[] = ['apiKey', 'http', 'oauth2', 'openIdConnect', 'mutualTLS'];

/** The security schemes of any version; 2.0 calls HTTP Basic `basic`. One that is malformed is left out with a warning. */
export const securitySchemesOf = (
  declared: unknown,
  references: References,
  warnings: string[],
): Record<string, SecurityScheme> => {
  const schemes: [string, SecurityScheme][] = [];
  for (const [name, value] of entriesOf(declared)) {
    const scheme = schemeOf(resolved(value, references));
    if (scheme === null) warnings.push(`security scheme "${name}" is not understood and was left out`);
    else schemes.push([name, scheme]);
  }
  return Object.fromEntries(schemes);
};

const resolved = (value: unknown, references: References): Json => {
  try {
    return references.object(value);
  } catch (error) {
    if (error instanceof Unusable) return {};
    throw error;
  }
};

const schemeOf = (raw: Json): SecurityScheme | null => {
  const type = raw['type'] === 'basic' ? 'http' : raw['type'];
  if (!TYPES.includes(type)) return null;
  const place = stringOf(raw['in']);
  const name = stringOf(raw['name']);
  if (type === 'apiKey' && (name === undefined || (place !== 'query' && place !== 'header' && place !== 'cookie'))) {
    return null;
  }
  const description = stringOf(raw['description']);
  const scheme = raw['type'] === 'basic' ? 'basic' : stringOf(raw['scheme'])?.toLowerCase();
  return {
    type: type as SecurityScheme['type'],
    ...(description !== undefined && { description }),
    ...(type === 'apiKey' && { in: place as 'query' | 'header' | 'cookie', name: name as string }),
    ...(type === 'http' && scheme !== undefined && { scheme }),
    ...(type === 'oauth2' && flowOf(raw)),
    ...(type === 'openIdConnect' && urlOf('openIdConnectUrl', raw['openIdConnectUrl'])),
  };
};

/** The addresses and scopes of an OAuth flow: of the one in 2.0, of the first that has them in 3.x. */
const flowOf = (raw: Json) => {
  const flows = isObject(raw['flows']) ? Object.values(raw['flows']) : [raw];
  const first = (member: string): unknown =>
    flows.map((flow) => memberOf(flow, member)).find((url) => url !== undefined);
  const scopes = new Set(flows.flatMap((flow) => entriesOf(memberOf(flow, 'scopes')).map(([scope]) => scope)));
  return {
    ...urlOf('authorizationUrl', first('authorizationUrl')),
    ...urlOf('tokenUrl', first('tokenUrl')),
    scopes: [...scopes],
  };
};

const urlOf = (member: string, value: unknown): Record<string, string> =>
  typeof value === 'string' ? { [member]: value } : {};

/** The alternatives of a `security` member; `undefined` where it is absent. */
export const requirementsOf = (value: unknown): SecurityRequirement[] | undefined => {
  if (!Array.isArray(value)) return undefined;
  return value
    .filter(isObject)
    .map((requirement) =>
      Object.fromEntries(entriesOf(requirement).map(([name, scopes]) => [name, stringsOf(scopes)])),
    );
};
