import { Injectable } from '@nestjs/common';
import { ScopeService } from '../../rest/scope.service.js';
import { StdioPolicyService } from './stdio-policy.service.js';

/** What a caller may register, and for whom. */
@Injectable()
export class RegistrationPolicies {
  constructor(
    readonly stdio: StdioPolicyService,
    readonly scopes: ScopeService,
  ) {}
}
