/** What one replica of a service tells the others of the keys that it was given. */
export interface KeyAnnouncement {
  /** The instance that has sent this. */
  readonly by: string;
  /** By the name of the setting: a digest, from which the key cannot be had. */
  readonly digests: Readonly<Record<string, string>>;
  /** Of further keys that are good there too, such as former ones; absent from those that know of none. */
  readonly accepted?: Readonly<Record<string, readonly string[]>>;
  /** Whether the others are to say what they have, too. */
  readonly asks: boolean;
}
