import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { CLIENT_ADDRESS, type ClientAddress, networkOf } from '#libs/identity';
import { type AuthSettings, InjectAuthSettings } from '../../auth.settings.js';
import { AddressCounter } from '../../rest/address-counter.js';
import { ArtifactRepository } from '../storage/artifact.repository.js';

const PER_MINUTE_MAX = 60;
/** Of sign-ins that are begun and tokens that are asked for. */
const STEPS_PER_MINUTE_MAX = 600;

/** Limits what strangers may begin: clients that register themselves, documents that have to be fetched, sign-ins, tokens. */
@Injectable()
export class Introductions {
  private readonly clients = new AddressCounter(
    PER_MINUTE_MAX,
    'clients',
    'Too many clients are introduced from this address',
  );
  private readonly steps = new AddressCounter(
    STEPS_PER_MINUTE_MAX,
    'clients',
    'Too much is asked for from this address',
  );

  constructor(
    private readonly artifacts: ArtifactRepository,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @Inject(CLIENT_ADDRESS) private readonly addressOf: ClientAddress,
  ) {}

  /** Throws `http.rate_limited` where too many came from the address within a minute. */
  count(request: IncomingMessage): void {
    this.clients.count(networkOf(this.addressOf(request)));
  }

  /** Throws `http.rate_limited` where too many sign-ins were begun or tokens asked for from the address within a minute. */
  countStep(request: IncomingMessage): void {
    this.steps.count(networkOf(this.addressOf(request)));
  }

  /**
   * Where as many are registered as may be, the oldest goes that nobody has consented to. Rejects with `http.overloaded` where
   * there is none.
   */
  async makeRoom(): Promise<void> {
    const { clientsMax = 0 } = this.settings.authorizationServer ?? {};
    if ((await this.artifacts.count('Client')) >= clientsMax && !(await this.artifacts.removeOldestUnused('Client')))
      throw fail('http.overloaded', { message: 'Too many clients are registered; try again in a while' });
  }
}
