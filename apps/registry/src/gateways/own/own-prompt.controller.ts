import { Body, Controller, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { UpdatePromptBody } from '../../entries/entry.body.js';
import { PROMPT_EXAMPLE } from '../../entries/entry.examples.js';
import { PromptView } from '../../entries/entry.view.js';
import { EntryReadingService } from './entry-reading.service.js';
import { OwnPromptBody } from './own.body.js';
import { OwnEntryService } from './own-entry.service.js';

const TEXTS = { type: 'object', additionalProperties: { type: 'string' } } as const;
const RENDERED = {
  type: 'object',
  required: ['messages'],
  properties: {
    description: { type: 'string' },
    messages: { type: 'array', items: { type: 'object', additionalProperties: true } },
  },
};
const RENDERED_EXAMPLE = {
  description: 'Asks for a report on a city.',
  messages: [{ role: 'user', content: { type: 'text', text: 'Report on Ghent.' } }],
};

@ApiTags('prompts')
@Controller('prompts')
export class OwnPromptController {
  constructor(
    private readonly own: OwnEntryService,
    private readonly reading: EntryReadingService,
  ) {}

  @Post()
  @Requires('prompts.create')
  @ApiOperation({ summary: 'Keep a prompt here' })
  @ApiCreatedResponse({ type: PromptView, example: PROMPT_EXAMPLE })
  @ApiFailures('http.invalid', 'registry.name_taken')
  create(@Body() body: OwnPromptBody, @Caller() caller: Principal) {
    return this.own.createPrompt(body, caller);
  }

  @Post(':id')
  @HttpCode(200)
  @Requires('prompts.read')
  @ApiOperation({ summary: 'The messages of a prompt, filled with the arguments that the body is' })
  @ApiBody({ schema: TEXTS, required: false })
  @ApiOkResponse({ schema: RENDERED, example: RENDERED_EXAMPLE })
  @ApiFailures('registry.unknown', 'http.invalid', 'upstream.unreachable', 'upstream.timed_out')
  render(@Param('id') id: string, @Body() body: object | undefined, @Caller() caller: Principal) {
    return this.reading.render(id, textsIn(body ?? {}), caller);
  }

  @Put(':id')
  @Requires('prompts.update')
  @ApiOperation({ summary: 'Change a prompt that is kept here, or how another is shown; what is left out stays' })
  @ApiOkResponse({ type: PromptView, example: PROMPT_EXAMPLE })
  @ApiFailures('registry.unknown', 'http.invalid', 'registry.name_taken', 'http.conflict')
  update(@Param('id') id: string, @Body() body: UpdatePromptBody, @Caller() caller: Principal) {
    return this.own.updatePrompt(id, body, caller);
  }
}

const ARGUMENTS_MAX = 1_000;

const textsIn = (body: object): Readonly<Record<string, string>> => {
  const members = Object.entries(body);
  if (Array.isArray(body) || members.length > ARGUMENTS_MAX || members.some(([, value]) => typeof value !== 'string'))
    throw fail('http.invalid', { message: 'The arguments of a prompt are an object of texts' });
  return body as Readonly<Record<string, string>>;
};
