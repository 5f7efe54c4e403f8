/** Where the admin console of a gateway is, opened by the code of a link. A fragment is sent to no server, nor logged there. */
export const consoleUrl = (gatewayUrl: string, code: string): string =>
  `${gatewayUrl.replace(/\/$/, '')}/admin/#/login?code=${code}`;
