// Starts a service of nothing, from the build, with the environment of this process, and tells which packages were loaded
// from its start to its end.
import 'reflect-metadata';
import { registerHooks } from 'node:module';
import { Module } from '@nestjs/common';

const loaded = new Set();
registerHooks({
  load: (url, context, next) => {
    const name = /node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//.exec(url)?.[1];
    if (name !== undefined) loaded.add(name);
    return next(url, context);
  },
});

class EmptyModule {}
Module({})(EmptyModule);

const { startService } = await import('#libs/service');
const service = await startService({
  env: process.env,
  parts: [{ name: 'registry', options: {}, module: () => ({ module: EmptyModule }), needs: {} }],
});
await service.stop();
process.send([...loaded]);
process.disconnect();
