import { startGateway, startFastUpstream } from '#libs/testing';
const mode = process.argv[2] as 'embedded'|'distributed';
const up = await startFastUpstream({});
console.time('start');
const g = await startGateway({ mode, replicas: Number(process.argv[3] ?? 1) });
console.timeEnd('start');
try {
  console.log(g.url, g.ingressUrls);
  const reg = await g.admin.register({ name: 'fast', url: up.url, transport: 'STREAMABLEHTTP', toolPrefix: '' });
  console.log(reg);
  const s = await g.admin.createServer('bench', [reg]);
  console.log(s.id, Object.keys(s));
  for (const era of ['legacy','modern'] as const) {
    const c = await g.client(era, { path: `/servers/${s.id}/mcp` });
    console.log(era, (await c.listTools()).tools.length, JSON.stringify(await c.callTool({ name: 'echo', arguments: { text: 'hi' } })));
  }
} catch (e) { console.log(e); console.log(g.logs().slice(-3000)); }
await g.stop(); await up.stop();
