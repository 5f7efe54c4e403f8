import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Answers, type CallContext, Ctx } from '#libs/bus';
import type { RequestOf } from '#contracts/define';
import { FetchDocument } from '#contracts/tool-invocation/web/fetch-document.request';
import { ReadAgentCard } from '#contracts/tool-invocation/web/read-agent-card.request';
import { ReflectGrpc } from '#contracts/tool-invocation/reflect-grpc.request';
import { PostForm } from '#contracts/tool-invocation/web/post-form.request';
import { AgentCardService } from '../discovery/agent-card.service.js';
import { ReadChallenge } from '#contracts/tool-invocation/web/read-challenge.request';
import { ChallengeService } from '../discovery/challenge.service.js';
import { DocumentService } from '../discovery/document.service.js';
import { ReflectionService } from '../discovery/reflection.service.js';
import { FormService } from '../discovery/form.service.js';

/** The bus's door to the web outside, for services that may not go there themselves. */
@Controller()
export class WebController {
  constructor(
    private readonly documents: DocumentService,
    private readonly forms: FormService,
    private readonly reflection: ReflectionService,
    private readonly agents: AgentCardService,
    private readonly challenges: ChallengeService,
  ) {}

  @Answers(FetchDocument)
  fetchDocument(@Payload() request: RequestOf<typeof FetchDocument>) {
    return this.documents.fetch(request);
  }

  @Answers(ReflectGrpc)
  reflect(@Payload() request: RequestOf<typeof ReflectGrpc>) {
    return this.reflection.reflect(request);
  }

  @Answers(ReadAgentCard)
  readAgentCard(@Payload() request: RequestOf<typeof ReadAgentCard>) {
    return this.agents.read(request);
  }

  @Answers(ReadChallenge)
  readChallenge(@Payload() request: RequestOf<typeof ReadChallenge>) {
    return this.challenges.read(request);
  }

  @Answers(PostForm)
  postForm(@Payload() request: RequestOf<typeof PostForm>, @Ctx() context: CallContext) {
    return this.forms.post(request, context);
  }
}
