import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Answers } from '#libs/bus';
import { DescribeUser } from '#contracts/auth/describe-user.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { PermissionsService } from './permissions.service.js';

/** The bus's door to users: what somebody may do who is not the caller. */
@Controller()
export class UserDirectoryController {
  constructor(private readonly permissions: PermissionsService) {}

  @Answers(DescribeUser)
  async describe(@Payload() { email }: RequestOf<typeof DescribeUser>): Promise<ReplyOf<typeof DescribeUser>> {
    return { user: await this.permissions.find(email) };
  }
}
