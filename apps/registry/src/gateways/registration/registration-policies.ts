import { Injectable } from '@nestjs/common';
import { ScopeService } from '../../rest/scope.service.js';
import { ChangeRuleService } from './change-rule.service.js';
import { StdioPolicyService } from './stdio-policy.service.js';

/** What a caller may register and change, and for whom. */
@Injectable()
export class RegistrationPolicies {
  constructor(
    readonly stdio: StdioPolicyService,
    readonly scopes: ScopeService,
    readonly changes: ChangeRuleService,
  ) {}
}
