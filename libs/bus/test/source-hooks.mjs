import { registerHooks } from 'node:module';

/** Lets plain Node run the sources: an import of `x.js` beside `x.ts` means the latter. */
registerHooks({
  resolve(specifier, context, next) {
    const relative = specifier.startsWith('.') && context.parentURL?.endsWith('.ts');
    return next(relative ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});
