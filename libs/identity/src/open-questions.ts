import { fail } from '#libs/errors';

/** Questions at once. Beyond it new credentials are turned away; known ones are not touched. */
const QUESTIONS_MAX = 1_000;
/** Of one address, so that strangers of one place leave room for those of others. */
const OF_AN_ADDRESS_MAX = QUESTIONS_MAX / 4;

/** What auth is being asked, once for each credential however many wait for it. */
export class OpenQuestions<Answer> {
  private readonly byCredential = new Map<string, Promise<Answer>>();
  private readonly countByAddress = new Map<string, number>();

  has(credential: string): boolean {
    return this.byCredential.has(credential);
  }

  get isFull(): boolean {
    return this.byCredential.size >= QUESTIONS_MAX;
  }

  /** The answer to the question that is open, or is put now by `put`. Rejects with `auth.unavailable` where there are too many. */
  ask(credential: string, address: string, put: () => Promise<Answer>): Promise<Answer> {
    const open = this.byCredential.get(credential);
    if (open !== undefined) return open;
    const ofAddress = this.countByAddress.get(address) ?? 0;
    if (this.isFull || ofAddress >= OF_AN_ADDRESS_MAX)
      return Promise.reject(fail('auth.unavailable', { message: 'Too many new credentials at once' }));
    this.countByAddress.set(address, ofAddress + 1);
    const question = put().finally(() => this.answered(credential, address));
    this.byCredential.set(credential, question);
    return question;
  }

  private answered(credential: string, address: string): void {
    this.byCredential.delete(credential);
    const left = (this.countByAddress.get(address) ?? 1) - 1;
    if (left === 0) this.countByAddress.delete(address);
    else this.countByAddress.set(address, left);
  }
}
