/** Where the authorization server answers: where clients look that found no metadata (MCP of 2025-03-26). */
export const ROUTES = {
  authorization: '/authorize',
  token: '/token',
  registration: '/register',
  revocation: '/revoke',
  device_authorization: '/device_authorization',
  code_verification: '/device',
  jwks: '/.well-known/jwks.json',
} as const;

export const SIGN_IN_PATH = '/sign-in';
