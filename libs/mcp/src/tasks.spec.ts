import { describe, expect, it } from 'vitest';
import {
  type IncomingResult,
  readIncoming,
  relayedMeta,
  renamedTask,
  runsLegacyTasks,
  taskParts,
  taskProblem,
  taskSupportOf,
  taskWithMeta,
} from '#libs/mcp';

const result = (text: string) => readIncoming(`{"jsonrpc":"2.0","id":1,"result":${text}}`) as IncomingResult;

describe('a task', () => {
  it('a task keeps its own ttlMs, which is no cache hint, and every digit of its result', () => {
    const { resultType, text } = taskParts(
      result('{"resultType":"task","taskId":"t","ttlMs":null,"result":{"n":12345678901234567890},"_meta":{"a":1}}'),
    );
    expect(resultType).toBe('task');
    expect(text).toBe('{"taskId":"t","ttlMs":null,"result":{"n":12345678901234567890}}');
  });

  it('a task loses what belongs to the hop from the _meta of its result', () => {
    const meta = '"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"x"},"mine":1}';
    expect(taskWithMeta(`{"taskId":"t","result":{"content":[],${meta}}}`, relayedMeta)).toBe(
      '{"taskId":"t","result":{"content":[],"_meta":{"mine":1}}}',
    );
    expect(taskWithMeta('{"taskId":"t"}', relayedMeta)).toBe('{"taskId":"t"}');
  });

  it('a task gets another id, and nothing else', () => {
    expect(renamedTask('{"status":"working" , "taskId":"a","x":1.0}', 'b"')).toBe(
      '{"status":"working","taskId":"b\\"","x":1.0}',
    );
  });

  it.each([
    [{ taskId: '', status: 'working' }, 'taskId'],
    [{ taskId: 7, status: 'working' }, 'taskId'],
    [{ taskId: 'x'.repeat(2_000), status: 'working' }, 'taskId'],
    [{ taskId: 't', status: 'done' }, 'status'],
    [{ taskId: 't', status: 'input_required', inputRequests: [] }, 'inputRequests'],
    [{ taskId: 't', status: 'completed', result: 'x' }, 'result'],
    [{ taskId: 't', status: 'failed', error: 1 }, 'error'],
  ])('a task is refused as %o', (task, about) => {
    expect(taskProblem(task)).toContain(about);
  });

  it('a task is accepted in each status', () => {
    for (const status of ['working', 'input_required', 'completed', 'cancelled', 'failed'])
      expect(taskProblem({ taskId: 't', status })).toBeNull();
  });
});

describe('the tasks of 2025-11-25', () => {
  it.each([
    ['{"name":"a","execution":{"taskSupport":"required"}}', 'required'],
    ['{"name":"a","execution":{"taskSupport":"optional"}}', 'optional'],
    ['{"name":"a","execution":{"taskSupport":"forbidden"}}', null],
    ['{"name":"a","description":"\\"taskSupport\\""}', null],
    ['{"name":"a"}', null],
  ])('the tasks of 2025-11-25 %s: %s', (definition, support) => {
    expect(taskSupportOf(definition)).toBe(support);
  });

  it('the tasks of 2025-11-25 are for calls of tools only where the server says so', () => {
    expect(runsLegacyTasks({ tasks: { requests: { tools: { call: {} } } } })).toBe(true);
    expect(runsLegacyTasks({ tasks: { requests: {} } })).toBe(false);
    expect(runsLegacyTasks({ tasks: true })).toBe(false);
    expect(runsLegacyTasks({})).toBe(false);
  });
});
