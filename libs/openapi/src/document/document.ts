import type { References } from './references.js';

/** Where the value of a parameter goes. `querystring` (3.2) is the whole query. */
export type ParameterPlace = 'path' | 'query' | 'querystring' | 'header' | 'cookie';

export type ParameterStyle =
  | 'simple'
  | 'label'
  | 'matrix'
  | 'form'
  | 'spaceDelimited'
  | 'pipeDelimited'
  | 'tabDelimited'
  | 'deepObject'
  | 'cookie';

/** A parameter of any version, with the defaults of its version filled in. */
export interface Parameter {
  readonly name: string;
  readonly in: ParameterPlace;
  readonly required: boolean;
  readonly description?: string;
  readonly deprecated: boolean;
  /** As it stands in the document. */
  readonly schema: unknown;
  readonly style: ParameterStyle;
  readonly explode: boolean;
  readonly allowReserved: boolean;
  /** The value is written in this media type (`content`) instead of a style. */
  readonly mediaType?: string;
}

/** How one property of a form or multipart body is written. */
export interface PropertyEncoding {
  readonly style?: ParameterStyle;
  readonly explode?: boolean;
  readonly allowReserved?: boolean;
  readonly contentType?: string;
}

/** One of the media types that a body may have. */
export interface BodyChoice {
  readonly mediaType: string;
  readonly schema: unknown;
  readonly encoding: Readonly<Record<string, PropertyEncoding>>;
}

export interface Body {
  readonly required: boolean;
  readonly description?: string;
  /** In the order of the document; at least one. */
  readonly choices: readonly BodyChoice[];
}

/** What a success looks like, where the document says so and it is JSON. */
export interface SuccessAnswer {
  readonly mediaType: string;
  readonly schema: unknown;
}

/** The schemes of one alternative are sent together; each names the scopes it needs. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;

/** How requests to the API are authenticated. https://spec.openapis.org/oas/v3.2.0#security-scheme-object */
export interface SecurityScheme {
  readonly type: 'apiKey' | 'http' | 'oauth2' | 'openIdConnect' | 'mutualTLS';
  readonly description?: string;
  /** Of an `apiKey`: where it goes and under what name. */
  readonly in?: 'query' | 'header' | 'cookie';
  readonly name?: string;
  /** Of `http`: `bearer`, `basic`, … */
  readonly scheme?: string;
  readonly authorizationUrl?: string;
  readonly tokenUrl?: string;
  readonly openIdConnectUrl?: string;
  readonly scopes?: readonly string[];
}

/** A server as the document writes it; its URL may be relative and may hold variables. */
export interface ServerTemplate {
  readonly url: string;
  readonly description?: string;
  readonly variables: Readonly<Record<string, { readonly default: string; readonly enum?: readonly string[] }>>;
}

/** One method on one path. https://spec.openapis.org/oas/v3.2.0#operation-object */
export interface Operation {
  /** `METHOD /path`: what a refresh knows an operation by. */
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly deprecated: boolean;
  readonly parameters: readonly Parameter[];
  readonly body?: Body;
  readonly success?: SuccessAnswer;
  /** Where the path or the operation has servers of its own. */
  readonly servers?: readonly ServerTemplate[];
  /** Alternatives, the first preferred; none: sends no credential; `undefined`: the document declares nothing. */
  readonly security?: readonly SecurityRequirement[];
  /** What was mended or left out on the way, in sentences. */
  readonly warnings: readonly string[];
}

/** An operation that cannot become a tool, and why. */
export interface Skipped {
  readonly key: string;
  readonly reason: string;
}

/** An OpenAPI document of any version in one form. Schemas stay as they stand, `references` leads through them. */
export interface ApiDocument {
  readonly version: '2.0' | '3.0' | '3.1' | '3.2';
  readonly title: string;
  readonly description?: string;
  readonly apiVersion: string;
  readonly servers: readonly ServerTemplate[];
  readonly securitySchemes: Readonly<Record<string, SecurityScheme>>;
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  readonly operations: readonly Operation[];
  readonly skipped: readonly Skipped[];
  readonly warnings: readonly string[];
  readonly references: References;
}
