/** What a client is given to sign in with: a URL, and a person whose browser it may open. */
export interface Signing {
  readonly url: string;
  /** A folder of its own. */
  readonly home: string;
  /** Has the person's browser go to this address, until it is back at the client; rejects where there is nobody. */
  readonly open: (address: string) => Promise<unknown>;
}

/** A client that is signed in. */
export interface SignedInClient {
  /** The text of a call; where its token does no longer, the client does what it can about that. */
  call(tool: string): Promise<string>;
  close(): Promise<void>;
}

export type SignIn = (signing: Signing) => Promise<SignedInClient>;
