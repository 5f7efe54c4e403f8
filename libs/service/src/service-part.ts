import type { DynamicModule } from '@nestjs/common';
import type { ConfigOf, Options } from '#libs/config';
import type { Owner } from '#libs/contracts';
import type { DatabaseSchema } from '#libs/storage';

/** What a service is, to the process that runs it. apps/switchyard runs all five in one process. */
export interface ServicePart<O extends Options = Options> {
  readonly name: Owner;
  readonly options: O;
  /** Builds the service's module; it provides its own configuration under a token of its own. */
  module(config: ConfigOf<O>): DynamicModule;
  /** What the process opens for it. */
  readonly needs: {
    /** Its own schema, up to date when the module is made; `InjectDatabase` has it. */
    readonly database?: DatabaseSchema;
    readonly cache?: boolean;
    /** How the keys of those entries of the cache begin that outlive a process whose cache is its memory. */
    readonly kept?: readonly string[];
    /** The `Outbox` for records of calls. */
    readonly outbox?: boolean;
  };
  /**
   * Options, of the kind `secret`, without which the service is not safe. Each must be strong. A gateway that keeps
   * its own database makes up those that are absent and keeps them in its data folder; elsewhere they must be given.
   */
  readonly secrets?: readonly (keyof O & string)[];
  /** Options, of the kind `secret`, that such a gateway makes up as well, and that are required nowhere. */
  readonly firstSecrets?: readonly (keyof O & string)[];
  /** By the name of a secret: the option, of the kind `secretList`, of its other values that are good too. */
  readonly formerSecrets?: Readonly<Partial<Record<keyof O & string, keyof O & string>>>;
}

/** A service, whatever its settings are. */
// oxlint-disable-next-line typescript/no-explicit-any -- stands for "a part with some options"
export type AnyServicePart = ServicePart<any>;
