// Lets plain `node --conditions=switchyard --import <this file>` run the sources, decorators included: for tests that need
// a second process of a piece of code which no application starts.
import fs from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const { config } = ts.readConfigFile(
  fileURLToPath(new URL('../../../tsconfig.json', import.meta.url)),
  ts.sys.readFile,
);
const { options } = ts.convertCompilerOptionsFromJson(
  { ...config.compilerOptions, incremental: false, module: 'ESNext', moduleResolution: 'bundler' },
  '.',
);

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts')) {
      const source = new URL(`${specifier.slice(0, -3)}.ts`, context.parentURL);
      if (fs.existsSync(source)) return { url: source.href, shortCircuit: true };
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (!url.endsWith('.ts')) return next(url, context);
    const fileName = fileURLToPath(url);
    const { outputText } = ts.transpileModule(fs.readFileSync(fileName, 'utf8'), {
      compilerOptions: options,
      fileName,
    });
    return { format: 'module', source: outputText, shortCircuit: true };
  },
});
