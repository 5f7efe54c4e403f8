import { ApiProperty } from '@nestjs/swagger';
import type { IssuedToken } from '../tokens/token-issuer.js';
import type { User } from '../users/user.entity.js';
import { UserView, userView } from '../users/user.view.js';

/** What a user who logged in goes on with. https://www.rfc-editor.org/rfc/rfc6749#section-5.1 */
export class LoginView {
  @ApiProperty({ type: String, example: 'eyJhbGciOi…', description: 'The value to send as a Bearer token.' })
  access_token!: string;

  @ApiProperty({ type: String, example: 'bearer' })
  token_type!: 'bearer';

  @ApiProperty({ type: 'integer', example: 28_800, description: 'Seconds.' })
  expires_in!: number;

  @ApiProperty({ type: UserView })
  user!: UserView;
}

export const loginView = ({ user, issued }: { readonly user: User; readonly issued: IssuedToken }): LoginView => ({
  access_token: issued.token,
  token_type: 'bearer',
  expires_in: Math.floor((issued.expiresAt.getTime() - Date.now()) / 1000),
  user: userView(user),
});

export class LogoutView {
  @ApiProperty({ type: String, example: 'success' })
  status!: 'success';
}

/** The caller's own user, and what the token that was shown permits. */
export class MeView extends UserView {
  @ApiProperty({ type: [String], example: ['tools.read', 'tools.execute'] })
  permissions!: readonly string[];

  @ApiProperty({ type: [String], nullable: true, example: [], description: 'Ids of teams; null: every team.' })
  teams!: readonly string[] | null;
}
