import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { reaches } from './team-access.js';
import { ChangeTeamBody, CreateTeamBody } from './team.body.js';
import { DiscoverQuery, TeamListQuery, pageOf } from './team.query.js';
import { TeamService } from './team.service.js';
import {
  DoneView,
  TeamDiscoveryView,
  TeamListView,
  TeamPageView,
  TeamView,
  discoveryView,
  doneView,
  outsideTeamView,
  teamPageView,
  teamView,
} from './team.view.js';

/** Teams: for everybody who is in them; their owners and administrators change them. */
@ApiTags('teams')
@Controller('teams')
export class TeamController {
  constructor(private readonly teams: TeamService) {}

  @Post()
  @Requires('teams.create')
  @ApiOperation({ summary: 'Create a team, whose owner you are' })
  @ApiCreatedResponse({ type: TeamView })
  @ApiFailures('http.invalid', 'http.conflict')
  async create(@Caller() caller: Principal, @Body() body: CreateTeamBody): Promise<TeamView> {
    return teamView(await this.teams.create(caller, body));
  }

  @Get()
  @Requires('teams.read')
  @ApiOperation({ summary: 'List the teams that your token reaches; of administrators, all that are not personal' })
  @ApiExtraModels(TeamListView, TeamPageView)
  @ApiOkResponse({
    description: 'The teams and how many there are, or with `include_pagination=true` and `nextCursor`.',
    schema: { oneOf: [{ $ref: getSchemaPath(TeamListView) }, { $ref: getSchemaPath(TeamPageView) }] },
  })
  @ApiFailures('http.invalid')
  async list(@Caller() caller: Principal, @Query() query: TeamListQuery): Promise<TeamListView | TeamPageView> {
    const { teams, total } = await this.teams.list(caller, pageOf(query));
    const page = teamPageView(teams, query.limit);
    return query.includePagination === true ? page : { teams: page.teams, total };
  }

  @Get('discover')
  @Requires('teams.read')
  @ApiOperation({ summary: 'List public teams that you are not in' })
  @ApiOkResponse({ type: [TeamDiscoveryView] })
  @ApiFailures('http.invalid')
  async discover(
    @Caller() caller: Principal,
    @Query() { skip, limit }: DiscoverQuery,
  ): Promise<readonly TeamDiscoveryView[]> {
    return (await this.teams.discover(caller, { after: null, skip, limit })).map(discoveryView);
  }

  @Get(':teamId')
  @Requires('teams.read')
  @ApiOperation({ summary: 'One team that your token reaches, or that is public' })
  @ApiOkResponse({ type: TeamView })
  @ApiFailures('registry.unknown')
  async get(@Caller() caller: Principal, @Param('teamId') id: string): Promise<TeamView> {
    const counted = await this.teams.get(caller, id);
    return reaches(caller, id) ? teamView(counted) : outsideTeamView(counted);
  }

  @Put(':teamId')
  @Requires('teams.update')
  @ApiOperation({ summary: 'Change a team, as its owner; what is left out stays' })
  @ApiOkResponse({ type: TeamView })
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  async change(
    @Caller() caller: Principal,
    @Param('teamId') id: string,
    @Body() body: ChangeTeamBody,
  ): Promise<TeamView> {
    return teamView(await this.teams.change(caller, id, body));
  }

  @Delete(':teamId')
  @HttpCode(200)
  @Requires('teams.delete')
  @ApiOperation({ summary: 'Delete a team, as its owner; what was for the team alone is left to administrators' })
  @ApiOkResponse({ type: DoneView })
  @ApiFailures('registry.unknown', 'http.conflict')
  async remove(@Caller() caller: Principal, @Param('teamId') id: string): Promise<DoneView> {
    await this.teams.remove(caller, id);
    return doneView('Team deleted successfully');
  }
}
