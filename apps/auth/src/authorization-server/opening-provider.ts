import type { Provider } from 'oidc-provider';

/** By which Nest knows the `OpeningProvider`; `null` where the gateway is no authorization server. */
export const OPENING_PROVIDER = Symbol('OPENING_PROVIDER');

/** The provider, and what answers a request by it. */
export interface OpenedProvider {
  readonly provider: Provider;
  readonly answer: ReturnType<Provider['callback']>;
}

/** `oidc-provider`, loaded with the first request for it: it takes some 47 MB, and nobody may ever sign in here. */
export class OpeningProvider {
  private opened: Promise<OpenedProvider> | undefined;

  constructor(
    readonly issuer: string,
    private readonly load: () => Promise<Provider>,
  ) {}

  open(): Promise<OpenedProvider> {
    this.opened ??= this.load().then((provider) => ({ provider, answer: provider.callback() }));
    return this.opened;
  }
}
