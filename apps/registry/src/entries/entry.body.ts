import { ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { VISIBILITIES, type Visibility } from '#contracts/registry/catalog';
import { HasNoMarkup, MayRepeat, NotSupported } from '#libs/service';
import { TEMPLATE_CHARS_MAX } from '#libs/templates';
import { type ArgumentBody, ArgumentList, CONTENT_CHARS_MAX, Title } from './argument.body.js';
import { PromptView, ResourceTemplateView, ResourceView, ToolView } from './entry.view.js';
import { IsContent, IsPlainText, IsTags } from '../rest/plain-text.decorator.js';

/** What an upstream says of an entry while nobody decides it here. */
const OBSERVED = ['icons', 'meta', 'execution', 'size', 'reachable', 'createdAt', 'updatedAt'];

/** Of prompts and resources that are kept here, and of none that an upstream offers. */
export const OWN_MEMBERS = [
  'arguments',
  'blob',
  'content',
  'mimeType',
  'name',
  'teamId',
  'template',
  'title',
  'visibility',
] as const;

const KEPT_HERE = 'Only where it is kept here.';

/** What is left out stays as it is. */
@NotSupported({ displayName: null, extensionMetadata: null, ownerEmail: null })
export class UpdateEntryBody {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: "Takes the place of the upstream's own name after the prefix; null brings that back.",
  })
  @IsOptional()
  @IsPlainText(128)
  @HasNoMarkup()
  customName?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: "Shown to clients in place of the upstream's description; null brings that back.",
  })
  @IsOptional()
  @IsPlainText(8192)
  description?: string | null;

  @IsTags()
  tags?: string[];
}

@NotSupported({
  allowlist: null,
  annotations: null,
  arguments: null,
  auth: null,
  authHeaders: null,
  baseUrl: null,
  deprecated: false,
  exposePassthrough: true,
  gatewayId: null,
  headerMapping: null,
  headers: null,
  inputSchema: null,
  integrationType: 'MCP',
  jsonpathFilter: null,
  name: null,
  outputSchema: null,
  pathTemplate: null,
  pluginChainPost: null,
  pluginChainPre: null,
  queryMapping: null,
  requestType: null,
  teamId: null,
  template: null,
  timeoutMs: null,
  title: null,
  url: null,
  visibility: null,
})
@MayRepeat({ views: [ToolView], observed: OBSERVED })
export class UpdateToolBody extends UpdateEntryBody {
  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    minimum: 0,
    description:
      'A call that takes longer than so many milliseconds goes on as a task, for a client that has the tasks extension; null: it does not.',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(86_400_000)
  taskAfterMs?: number | null;
}

/** What is kept here is changed as a whole; the rest of this is of all entries. */
class UpdateOwnBody extends UpdateEntryBody {
  @Title(KEPT_HERE)
  title?: string | null;

  @ArgumentList(`${KEPT_HERE} All of them.`)
  arguments?: ArgumentBody[];

  @ApiPropertyOptional({ enum: VISIBILITIES, description: KEPT_HERE })
  @IsOptional()
  @IsIn(VISIBILITIES)
  visibility?: Visibility;

  @ApiPropertyOptional({ type: String, nullable: true, description: KEPT_HERE })
  @IsOptional()
  @IsPlainText(128)
  teamId?: string | null;
}

/** A prompt is renamed by its `customName`. */
@NotSupported({ name: null })
@MayRepeat({ views: [PromptView], observed: OBSERVED })
export class UpdatePromptBody extends UpdateOwnBody {
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: TEMPLATE_CHARS_MAX, description: KEPT_HERE })
  @IsOptional()
  @IsContent(TEMPLATE_CHARS_MAX)
  template?: string | null;
}

/** Resources go by their URI, which does not change. */
@NotSupported({ uri: null, uriTemplate: null })
@MayRepeat({ views: [ResourceView, ResourceTemplateView], observed: OBSERVED })
export class UpdateResourceBody extends OmitType(UpdateOwnBody, ['customName']) {
  @ApiPropertyOptional({ description: KEPT_HERE })
  @IsOptional()
  @IsPlainText(255, { lengthMin: 1 })
  @HasNoMarkup()
  name?: string;

  @ApiPropertyOptional({ type: String, nullable: true, description: KEPT_HERE })
  @IsOptional()
  @IsPlainText(255)
  mimeType?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: CONTENT_CHARS_MAX,
    description: `${KEPT_HERE} Text.`,
  })
  @IsOptional()
  @IsContent(CONTENT_CHARS_MAX)
  content?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: CONTENT_CHARS_MAX,
    description: `${KEPT_HERE} Bytes, as base64.`,
  })
  @IsOptional()
  @IsContent(CONTENT_CHARS_MAX)
  blob?: string | null;
}
