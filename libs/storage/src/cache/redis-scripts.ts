/** What Redis does in one step. Each touches one key, so that a cluster can run it. */
export const scripts = {
  compareAndSet: `
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
    return 1`,
  compareAndExtend: `
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    return redis.call('PEXPIRE', KEYS[1], ARGV[2])`,
  compareAndDelete: `
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    return redis.call('DEL', KEYS[1])`,
  // A list is a hash from number to value; 'n' is the last number given.
  appendToList: `
    local added = #ARGV - 2
    local n = redis.call('HINCRBY', KEYS[1], 'n', added)
    for at = 1, added do redis.call('HSET', KEYS[1], n - added + at, ARGV[at + 2]) end
    local lengthMax = tonumber(ARGV[1])
    for old = n - lengthMax, 1, -1 do
      if redis.call('HDEL', KEYS[1], old) == 0 then break end
    end
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return n`,
  readList: `
    local last = tonumber(redis.call('HGET', KEYS[1], 'n') or 0)
    local oldest = last - redis.call('HLEN', KEYS[1]) + 2
    local from = math.max(tonumber(ARGV[1]) + 1, oldest)
    local values = {}
    for n = from, last do values[#values + 1] = redis.call('HGET', KEYS[1], n) end
    return { last, oldest, from, values }`,
  countUp: `
    local n = redis.call('INCRBY', KEYS[1], ARGV[1])
    if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
    return n`,
} as const;

type Text = string | number;

export interface ScriptCommands {
  compareAndSet(key: string, expected: string, value: string, ttlMs: Text): Promise<number>;
  compareAndExtend(key: string, expected: string, ttlMs: Text): Promise<number>;
  compareAndDelete(key: string, expected: string): Promise<number>;
  appendToList(key: string, lengthMax: Text, ttlMs: Text, ...values: string[]): Promise<number>;
  readList(key: string, id: Text): Promise<[last: number, oldest: number, from: number, values: string[]]>;
  countUp(key: string, by: Text, ttlMs: Text): Promise<number>;
}
