/** Who acts: a user by a token, or whoever runs a command on the machine of the gateway. */
export interface Actor {
  readonly kind: 'user' | 'command';
  /** Of a user the e-mail address, of a command its name. */
  readonly id: string;
  /** The `jti` of the token. */
  readonly tokenId?: string;
  /** Where the request came from. */
  readonly address?: string;
  /** Of the request that did it. */
  readonly traceId?: string;
}

/** A value as the audit trail has it: a secret is `*****`, a text that is too long its length and digest. */
export type AuditedValues = Readonly<Record<string, unknown>>;

/** Something that was changed, or tried, and by whom; as it leaves the service that it happened in. */
export interface AuditEvent {
  /** A UUID: however often it is brought, it is one event. */
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  /** `<what>.<verb in the past>`: `gateway.changed`, `login.refused`. */
  readonly action: string;
  /** `user`, `token`, `gateway`, … */
  readonly resourceType: string;
  readonly resourceId: string | null;
  readonly resourceName: string | null;
  /** `null`: the gateway itself. */
  readonly actor: Actor | null;
  /** Of a change, what was other before; of a removal, all that there was. */
  readonly before: AuditedValues | null;
  /** Of a change, what is other now; of what was made, all of it; else what there is to say. */
  readonly after: AuditedValues | null;
}

/** Asks for the next events; names those that are in the trail by now, so that they need not be kept any longer. */
export interface AuditCollection {
  readonly taken: readonly string[];
}

/** The oldest events that wait, in their order; none: nothing waits. */
export interface CollectedEvents {
  readonly events: readonly AuditEvent[];
}
