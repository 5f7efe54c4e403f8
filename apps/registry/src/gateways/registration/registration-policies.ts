import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { isPublicOnly } from '#libs/identity';
import { type RegistrySettings, SETTINGS } from '../../registry.settings.js';
import { ScopeService } from '../../rest/scope.service.js';
import type { CredentialShape } from '../gateway.entity.js';
import { type PassedHeadersOf, assertMayPass } from '../passed-headers/passed-headers.js';
import { ChangeRuleService } from './change-rule.service.js';
import { isExchanging } from './oauth-form.js';
import { StdioPolicyService } from './stdio-policy.service.js';

/** What a caller may register and change, and for whom. */
@Injectable()
export class RegistrationPolicies {
  constructor(
    readonly stdio: StdioPolicyService,
    readonly scopes: ScopeService,
    readonly changes: ChangeRuleService,
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  /**
   * A gateway that is shown what the tokens of its callers are exchanged for acts for everybody who calls it. Throws `auth.grant_missing`
   * for who is no administrator.
   */
  assertMayExchange(form: { readonly shape: CredentialShape } | null, principal: Principal): void {
    if (form === null || !isExchanging(form.shape)) return;
    if (principal.isAdmin && !isPublicOnly(principal)) return;
    throw fail('auth.grant_missing', {
      message: 'Only administrators may register gateways for which the tokens of callers are exchanged',
    });
  }

  /** Whether a gateway, which passed on `before`, may pass these headers of clients on. Throws `http.invalid`. */
  assertMayPass(
    wanted: readonly string[] | null | undefined,
    before: readonly string[] | null,
    becomes: PassedHeadersOf,
  ): void {
    assertMayPass(wanted, before, becomes, this.settings.passedHeaders);
  }
}
