import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { ApiListOf, ApiStateOf, StatusView } from '../rest/answers.js';
import { ListQuery, RemoveQuery, StateQuery } from '../rest/list.query.js';
import { PROMPT_EXAMPLE } from './entry.examples.js';
import { EntryService } from './entry.service.js';
import { PromptView } from './entry.view.js';

const KINDS = ['prompt'] as const;

@ApiTags('prompts')
@Controller('prompts')
export class PromptController {
  constructor(private readonly entries: EntryService) {}

  @Get()
  @Requires('prompts.read')
  @ApiOperation({ summary: 'List prompts' })
  @ApiListOf('prompts', PromptView, PROMPT_EXAMPLE)
  @ApiFailures('http.invalid')
  list(@Query() query: ListQuery, @Caller() caller: Principal) {
    return this.entries.list('prompt', query, caller);
  }

  @Get(':id')
  @Requires('prompts.read')
  @ApiOperation({ summary: 'One prompt' })
  @ApiOkResponse({ type: PromptView, example: PROMPT_EXAMPLE })
  @ApiFailures('registry.unknown')
  describe(@Param('id') id: string, @Caller() caller: Principal) {
    return this.entries.describe(KINDS, id, caller);
  }

  @Delete(':id')
  @Requires('prompts.delete')
  @ApiOperation({
    summary: 'Remove a prompt that is kept here, or another until the next refresh; disable it to keep it away',
  })
  @ApiOkResponse({ type: StatusView, example: new StatusView('Prompt 6f1d2f0a4c7b4e0f9b5f0a3c2d1e4f5a deleted') })
  @ApiFailures('registry.unknown', 'http.invalid')
  async remove(@Param('id') id: string, @Query() _query: RemoveQuery, @Caller() caller: Principal) {
    await this.entries.remove(KINDS, id, caller);
    return new StatusView(`Prompt ${id} deleted`);
  }

  @Post(':id/state')
  @HttpCode(200)
  @Requires('prompts.update')
  @ApiOperation({ summary: 'Enable or disable a prompt' })
  @ApiStateOf('prompt', PromptView, PROMPT_EXAMPLE)
  @ApiFailures('registry.unknown', 'http.invalid')
  async setState(@Param('id') id: string, @Query() { activate = true }: StateQuery, @Caller() caller: Principal) {
    const prompt = await this.entries.setEnabled(KINDS, id, activate, caller);
    return { status: 'success', message: `Prompt ${id} ${activate ? 'activated' : 'deactivated'}`, prompt };
  }

  @Post(':id/toggle')
  @HttpCode(200)
  @Requires('prompts.update')
  @ApiOperation({ summary: 'As /state', deprecated: true })
  @ApiStateOf('prompt', PromptView, PROMPT_EXAMPLE)
  @ApiFailures('registry.unknown', 'http.invalid')
  toggle(@Param('id') id: string, @Query() query: StateQuery, @Caller() caller: Principal) {
    return this.setState(id, query, caller);
  }
}
