import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import { calls } from './call-records.js';
import { startRedisServer } from '#libs/testing';
import { startMetrics } from './metrics-service.js';
const ticksOf = (pid: string) => { try { const f = readFileSync(`/proc/${pid}/stat`,'utf8'); const a=f.slice(f.lastIndexOf(')')+2).split(' '); return {ppid:a[1], own:Number(a[11])+Number(a[12]), kids:Number(a[13])+Number(a[14])}; } catch { return null; } };
const treeMs = (pid: string) => { let t=0; const r=ticksOf(pid); if(r) t+=r.own+r.kids; for (const p of readdirSync('/proc')) if(/^\d+$/.test(p)){ const s=ticksOf(p); if(s&&s.ppid===pid) t+=s.own+s.kids; } return t*10; };
for (const store of ['postgres','redis'])
it('times ' + store, async () => {
  const redis = store === 'redis' ? await startRedisServer() : undefined;
  const m = await startMetrics(redis ? { REDIS_URL: redis.url } : {});
  const [row] = await m.database.query<any[]>("SELECT current_setting('data_directory') AS folder");
  const pid = readFileSync(join(row.folder,'postmaster.pid'),'utf8').split('\n')[0]!;
  for (let i=0;i<10;i++) await m.record(calls(1000));
  const batches = Array.from({length:40},()=>calls(1000));
  let c = process.cpuUsage(); let p = treeMs(pid);
  for (const b of batches) await m.record(b);
  let d = process.cpuUsage(c);
  console.log(store, 'per record us: node user', d.user/40000, 'sys', d.system/40000, 'postgres', (treeMs(pid)-p)*1000/40000);
  await m.running.stop();
  await redis?.stop();
}, 60000);
it('err', async () => { const m = await startMetrics(); try { await m.record(calls(2)); } catch(e) {} const l=m.logged.filter(x=>x.includes('QueryFailed'))[0]??m.logged.join(''); console.log('LEN',l.length, JSON.stringify(JSON.parse(l).err.message), Object.keys(JSON.parse(l).err)); ; await m.running.stop(); });
