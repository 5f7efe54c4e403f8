import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';

export class SsoLoginQuery {
  @ApiPropertyOptional({
    name: 'redirect_uri',
    type: String,
    maxLength: 512,
    description: 'The callback of this gateway, or its console: nobody is sent anywhere else.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  redirectUri?: string;
}

/** A sign-in that was begun for a client that sends the browser on by itself. */
export class BegunSignInView {
  @ApiProperty({ type: String, example: 'https://acme.okta.com/oauth2/v1/authorize?…' })
  authorization_url!: string;

  @ApiProperty({ type: String, example: 'k3J9x0Zq…' })
  state!: string;
}
