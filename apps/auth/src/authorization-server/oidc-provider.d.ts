/** Of `oidc-provider`, which brings no types, what is used here and in tests. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  /** Rows of one kind. https://github.com/panva/node-oidc-provider/blob/v9.x/example/my_adapter.js */
  export interface Adapter {
    upsert(id: string, payload: AdapterPayload, expiresInSeconds?: number): Promise<void>;
    find(id: string): Promise<AdapterPayload | undefined>;
    findByUid(uid: string): Promise<AdapterPayload | undefined>;
    findByUserCode(userCode: string): Promise<AdapterPayload | undefined>;
    consume(id: string): Promise<void>;
    destroy(id: string): Promise<void>;
    revokeByGrantId(grantId: string): Promise<void>;
  }

  export interface AdapterPayload {
    readonly [member: string]: unknown;
  }

  export interface Grant {
    readonly jti: string;
    addOIDCScope(scope: string): void;
    rejectOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    rejectResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
    destroy(): Promise<void>;
  }

  export interface Client {
    readonly clientId: string;
    readonly clientName?: string;
    readonly clientUri?: string;
    readonly clientSecret?: string;
    grantTypeAllowed(type: string): boolean;
    compareClientSecret(secret: string): boolean;
    /** Members that `extraClientMetadata` names. */
    readonly [member: string]: unknown;
  }

  export interface InteractionDetails {
    readonly uid: string;
    readonly prompt: { readonly name: string };
    readonly params: {
      readonly client_id: string;
      readonly scope?: string;
      readonly resource?: string | readonly string[];
      readonly redirect_uri?: string;
    };
    readonly session?: { readonly accountId: string };
  }

  export interface Context {
    readonly req: IncomingMessage;
    body: unknown;
    set(headers: Readonly<Record<string, string>>): void;
    readonly oidc?: { readonly route: string; readonly client?: Client };
  }

  export interface ErrorOut {
    readonly error: string;
    readonly error_description?: string;
  }

  export class Provider {
    constructor(issuer: string, configuration: object);
    proxy: boolean;
    readonly issuer: string;
    readonly Grant: new (facts: {
      accountId: string;
      clientId: string;
    }) => Grant;
    readonly Client: {
      find(id: string): Promise<Client | undefined>;
      readonly prototype: Client;
      readonly adapter: { destroy(id: string): Promise<unknown> };
    };
    use(step: (ctx: Context, next: () => Promise<void>) => Promise<void>): this;
    on(event: 'server_error', listener: (ctx: Context, error: Error) => void): this;
    on(event: 'authorization.success', listener: (ctx: Context, answer: { readonly code?: string }) => void): this;
    on(event: 'grant.success', listener: (ctx: Context) => void): this;
    on(event: 'registration_create.success', listener: (ctx: Context, client: Client) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    cookieName(of: 'session'): string;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<InteractionDetails>;
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: object,
      options: { mergeWithLastSubmission: boolean },
    ): Promise<void>;
  }

  interface ProviderErrorClass {
    new (message?: string, detail?: string): Error;
  }

  export const errors: {
    readonly InvalidTarget: ProviderErrorClass;
    readonly InvalidGrant: ProviderErrorClass;
    readonly InvalidScope: ProviderErrorClass;
    readonly CustomOIDCProviderError: ProviderErrorClass;
  };
}
