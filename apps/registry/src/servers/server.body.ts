import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsObject,
  IsOptional,
  Matches,
  ValidateNested,
} from 'class-validator';
import { MayRepeat, NotSupported } from '#libs/service';
import { ServerView } from './server.view.js';
import { OwnedBody, SightBody } from '../rest/owned.body.js';
import { IsName, IsPlainText } from '../rest/plain-text.decorator.js';

const CHOICES_MAX = 5_000;
const ICON = /^(?:https?:\/\/|data:image\/)[^\s<>"']{1,65500}$/i;

const Choices =
  (description: string): PropertyDecorator =>
  (target, key) => {
    ApiPropertyOptional({ type: [String], description })(target, key);
    IsOptional()(target, key);
    IsArray()(target, key);
    ArrayMaxSize(CHOICES_MAX)(target, key);
    IsPlainText(2048, { each: true, lengthMin: 1 })(target, key);
  };

@NotSupported({
  associatedA2aAgents: null,
  id: null,
  oauthConfig: null,
  oauthEnabled: false,
  ownerEmail: null,
})
export class ServerBody extends OwnedBody {
  @ApiProperty()
  @IsName()
  name!: string;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Where a picture of it is: an https or data URL.' })
  @IsOptional()
  @Matches(ICON, { message: 'icon must be an http, https or data URL of an image, of at most 65536 characters' })
  icon?: string | null;

  @ApiPropertyOptional({
    default: false,
    description:
      'Whether its tools are searched: `tools/list` shows search_tools, describe_tool and call_tool in their place. All of them can still be called by name.',
  })
  @IsOptional()
  @IsBoolean()
  toolSearch?: boolean;

  @Choices('Ids or exposed names, in the order in which they are shown.')
  associatedTools?: string[];

  @Choices('Ids or URIs, of resources and of resource templates.')
  associatedResources?: string[];

  @Choices('Ids or exposed names.')
  associatedPrompts?: string[];
}

/** Who may see it may also be said beside the server. */
export class CreateServerBody extends SightBody {
  @ApiProperty({ type: ServerBody })
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => ServerBody)
  server!: ServerBody;
}

/** What is left out stays; a list that is given takes the place of the old one. */
@MayRepeat({ views: [ServerView], observed: ['findings', 'createdAt', 'updatedAt'] })
export class UpdateServerBody extends PartialType(ServerBody) {}
