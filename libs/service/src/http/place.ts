import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Slotted, SlotMap } from '#libs/bus';
import { type GatewayError, fail } from '#libs/errors';

/** One request, from its head to the end of its answer. What the sweep sees of it is kept here as well. */
export class Place implements Slotted {
  slot = -1;
  readonly startedAtMs = performance.now();
  /** Of the raw route that took the request; null when Fastify did. */
  label: string | null = null;
  /** `arriving`: its body is on the way. `waiting`: it has given its place back. `cut`: it was too slow, and has been answered. */
  state: 'arriving' | 'taken' | 'waiting' | 'over' | 'cut' = 'arriving';
  /** Whether its caller is known; `null` until somebody has to know. */
  known: boolean | null = null;
  /** When the bytes of the connection were last looked at (-1: never), and what they were then. */
  seenAtMs = -1;
  seenBytes = 0;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    /** Told once the answer has left, or its client has. */
    readonly onClosed: (place: Place) => void,
  ) {}
}

/** On the response: looking it up in a weak map costs more, and the garbage collector most of all. */
const PLACE = Symbol('PLACE');

type Placed = ServerResponse & { [PLACE]?: Place };

/** Lets the place of a response be found, and watches for its end. */
export const holdPlace = (place: Place): void => {
  (place.response as Placed)[PLACE] = place;
  place.response.on('close', onClose);
};

/** The place of a response that is in hand. */
export const placeOf = (response: ServerResponse): Place | undefined => (response as Placed)[PLACE];

// One function for all requests, rather than a closure each.
function onClose(this: ServerResponse): void {
  const place = placeOf(this);
  place?.onClosed(place);
}

/**
 * The requests in hand. One takes a place, of which there are so many, once it is there as a whole: what is still on its
 * way costs a connection, which is limited elsewhere.
 */
export class Places implements Iterable<Place> {
  private readonly inHand = new SlotMap<Place>();
  private taken = 0;
  private whenQuiet: (() => void) | null = null;

  /** `placesMax`: how many there are now. */
  constructor(private readonly placesMax: () => number) {}

  get inUse(): number {
    return this.taken;
  }

  get max(): number {
    return this.placesMax();
  }

  get full(): boolean {
    return this.taken >= this.placesMax();
  }

  add(place: Place): void {
    this.inHand.add(place);
  }

  /** Answers why it can have none: one that has come, or that goes on after it has waited. No matter when it has one already. */
  take(place: Place): GatewayError | null {
    if (place.state === 'cut') return fail('http.request_timeout');
    if (place.state !== 'arriving' && place.state !== 'waiting') return null;
    if (this.full) return fail('http.overloaded');
    place.state = 'taken';
    this.taken++;
    return null;
  }

  /** It waits for its turn elsewhere, and is limited there, or takes its place again. No matter when it has no place. */
  lend(place: Place): void {
    if (place.state !== 'taken') return;
    place.state = 'waiting';
    this.taken--;
  }

  /** No matter when it has left already. */
  leave(place: Place): void {
    if (place.state === 'taken') this.taken--;
    if (place.state !== 'cut') place.state = 'over';
    if (place.slot < 0) return;
    this.inHand.delete(place);
    if (this.inHand.size === 0) this.whenQuiet?.();
  }

  /** Resolves when no request is in hand. */
  async quiet(): Promise<void> {
    if (this.inHand.size === 0) return;
    await new Promise<void>((resolve) => {
      this.whenQuiet = resolve;
    });
  }

  [Symbol.iterator](): Iterator<Place> {
    return this.inHand[Symbol.iterator]();
  }
}
