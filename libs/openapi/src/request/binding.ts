import type { ParameterPlace, ParameterStyle, SecurityRequirement } from '../document/document.js';

/** Where the value of one argument goes in the request. */
export interface ParameterBinding {
  readonly argument: string;
  /** The name on the wire. */
  readonly name: string;
  readonly in: ParameterPlace;
  readonly style: ParameterStyle;
  readonly explode: boolean;
  readonly allowReserved?: boolean;
  /** Written in this media type instead of a style. */
  readonly mediaType?: string;
}

/** How a property of a form is written, where it differs from what is usual. */
export interface PropertyBinding {
  readonly style?: ParameterStyle;
  readonly explode?: boolean;
  readonly allowReserved?: boolean;
  readonly contentType?: string;
  /** Its arguments are base64. */
  readonly isBinary?: true;
}

export type BodyForm = 'json' | 'urlencoded' | 'multipart' | 'text' | 'binary';

export interface BodyBinding {
  /** The argument that is the body; `null`: all arguments that go nowhere else, as one object. */
  readonly argument: string | null;
  readonly form: BodyForm;
  /** The `Content-Type` that is sent; a multipart boundary is added. */
  readonly mediaType: string;
  readonly properties: Readonly<Record<string, PropertyBinding>>;
}

/** How arguments become an HTTP request. Plain data: it is stored with the tool and travels with the call. */
export interface HttpBinding {
  readonly method: string;
  /** `null`: that of the gateway. */
  readonly baseUrl: string | null;
  /** With placeholders in braces; may have a query of its own. */
  readonly path: string;
  readonly parameters: readonly ParameterBinding[];
  readonly body: BodyBinding | null;
  /** What becomes of arguments that go nowhere: only tools defined by hand have any. */
  readonly others: 'query' | 'refused';
  /** Sent with every request. Never a credential. */
  readonly headers: Readonly<Record<string, string>>;
  /** Which credentials are sent, by the names of their schemes; `null`: the document says nothing of it. */
  readonly security: readonly SecurityRequirement[] | null;
}
