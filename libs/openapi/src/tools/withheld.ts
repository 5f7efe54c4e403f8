import type { ApiDocument, Operation, Parameter } from '../document/document.js';

/** Headers that the gateway, not a caller, decides. */
const GATEWAY_HEADERS = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** May an argument, or a setting of a tool, decide this header? */
export const isGatewayHeader = (name: string): boolean => !TOKEN.test(name) || GATEWAY_HEADERS.has(name.toLowerCase());

export const isIgnoredHeader = (parameter: Parameter): boolean =>
  parameter.in === 'header' && isGatewayHeader(parameter.name);

/** A parameter that is the key of a security scheme of its operation: its value is a credential, never an argument. */
export const isSchemeParameter = (
  parameter: Parameter,
  operation: Operation,
  { securitySchemes }: ApiDocument,
): boolean =>
  (operation.security ?? []).some((requirement) =>
    Object.keys(requirement).some((name) => {
      const scheme = Object.hasOwn(securitySchemes, name) ? securitySchemes[name] : undefined;
      if (scheme?.type !== 'apiKey' || scheme.in !== parameter.in || scheme.name === undefined) return false;
      const isHeader = parameter.in === 'header';
      return isHeader ? scheme.name.toLowerCase() === parameter.name.toLowerCase() : scheme.name === parameter.name;
    }),
  );
