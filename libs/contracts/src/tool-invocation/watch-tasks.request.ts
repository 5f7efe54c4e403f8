import { defineRequest } from '../define.js';
import type { UpstreamCall } from './execute-call.request.js';

/** What a task has become; the body is the task, as `tasks/get` answers it. */
export interface TaskNotice {
  readonly taskId: string;
}

/**
 * Follows tasks for as long as the asker stays: a frame per change, no answer until the asker cancels or all of them
 * are over. Tasks that an instance or its session keeps are followed there.
 */
export const WatchTasks = defineRequest<
  Pick<UpstreamCall, 'upstreamId' | 'principal' | 'client' | 'affinity' | 'dedicatedSession'> &
    Pick<UpstreamCall, 'passedHeaders' | 'subjectToken'> & {
      readonly taskIds: readonly string[];
    },
  { readonly ended: true },
  TaskNotice
>('tool-invocation', 'task.watch', { deadlineMs: 24 * 3_600_000 });
