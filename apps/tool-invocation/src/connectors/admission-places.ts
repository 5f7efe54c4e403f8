import { fail } from '#libs/errors';

/** Who is let in is asked of auth, which strangers must not keep busy. */
const PLACES = 32;
/** Of one address, so that one stranger leaves places to the others. */
const PLACES_PER_ADDRESS = 4;

/** Places of those who wait to be let in, whoever they are. */
export class AdmissionPlaces {
  private taken = 0;
  private readonly byAddress = new Map<string, number>();

  /** Takes a place; what it returns gives it back, once. Throws `http.overloaded`. */
  take(address: string): () => void {
    const own = this.byAddress.get(address) ?? 0;
    if (this.taken >= PLACES || own >= PLACES_PER_ADDRESS) throw fail('http.overloaded');
    this.taken++;
    this.byAddress.set(address, own + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.taken--;
      const left = (this.byAddress.get(address) ?? 1) - 1;
      if (left === 0) this.byAddress.delete(address);
      else this.byAddress.set(address, left);
    };
  }
}
