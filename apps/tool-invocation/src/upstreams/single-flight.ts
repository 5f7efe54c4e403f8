import { fail, GatewayError, notExecuted } from '#libs/errors';

/** Asks another service, once at a time for each key: whoever asks for the same meanwhile shares the answer. */
export class SingleFlight<Value> {
  private readonly asking = new Map<string, Promise<Value>>();

  constructor(private readonly unavailable: 'registry.unavailable' | 'auth.unavailable') {}

  /** Rejects with the failure the service answered, or as unavailable when it could not be asked. */
  ask<Reply>(key: string, ask: () => Promise<Reply>, take: (reply: Reply) => Value | Promise<Value>): Promise<Value> {
    let answer = this.asking.get(key);
    if (answer === undefined) {
      answer = ask()
        .then(take, (error: unknown) => {
          throw this.named(error);
        })
        .finally(() => this.asking.delete(key));
      this.asking.set(key, answer);
    }
    return answer;
  }

  private named(error: unknown): GatewayError {
    if (!(error instanceof GatewayError) || error.code.startsWith('bus.'))
      return fail(this.unavailable, { executed: 'no', cause: error });
    return notExecuted(error);
  }
}
