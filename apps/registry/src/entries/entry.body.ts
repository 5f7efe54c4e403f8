import { ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { HasNoMarkup, MayRepeat, NotSupported } from '#libs/service';
import { PromptView, ResourceTemplateView, ResourceView, ToolView } from './entry.view.js';
import { IsPlainText, IsTags } from '../rest/plain-text.decorator.js';

/** What an upstream says of an entry while nobody decides it here. */
const OBSERVED = ['icons', 'meta', 'execution', 'size', 'reachable', 'createdAt', 'updatedAt'];

/** What is left out stays as it is. */
@NotSupported({
  arguments: null,
  displayName: null,
  extensionMetadata: null,
  name: null,
  ownerEmail: null,
  teamId: null,
  template: null,
  title: null,
  visibility: null,
})
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
  outputSchema: null,
  pathTemplate: null,
  pluginChainPost: null,
  pluginChainPre: null,
  queryMapping: null,
  requestType: null,
  timeoutMs: null,
  url: null,
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

@MayRepeat({ views: [PromptView], observed: OBSERVED })
export class UpdatePromptBody extends UpdateEntryBody {}

/** Resources go by their URI, which is not ours to change. */
@NotSupported({ content: null, mimeType: null, uri: null, uriTemplate: null })
@MayRepeat({ views: [ResourceView, ResourceTemplateView], observed: OBSERVED })
export class UpdateResourceBody extends OmitType(UpdateEntryBody, ['customName']) {}
