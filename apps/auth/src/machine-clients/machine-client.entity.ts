import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How a machine client proves that it is it. */
export const MACHINE_AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;
export type MachineAuthMethod = (typeof MACHINE_AUTH_METHODS)[number];

/** What the authorization server knows of a client without a user; who registered it, for what and until when, is on record as a token. */
@Entity({ schema: 'auth', name: 'machine_clients' })
export class MachineClient {
  @PrimaryColumn('text')
  clientId!: string;

  /** The `jti` of its record; it goes with it. */
  @Column('text', { unique: true })
  tokenId!: string;

  @Column('text')
  authMethod!: MachineAuthMethod;

  /** SHA-256 of its secret, hex; null: it has keys. */
  @Column('text', { nullable: true })
  secretHash!: string | null;

  /** Its public keys. */
  @Column('jsonb', { nullable: true })
  jwks!: { readonly keys: readonly object[] } | null;

  @Column('text', { array: true })
  scopes!: string[];
}
