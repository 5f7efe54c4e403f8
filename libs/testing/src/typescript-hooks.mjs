// Lets plain `node --conditions=switchyard --import <this file>` run the sources, decorators included: for tests that need
// a second process of a piece of code which no application starts. What was compiled once is kept, because a test may
// start some hundred of them.
import { hash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire, enableCompileCache, registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const at = (file) => fileURLToPath(new URL(`../../../${file}`, import.meta.url));
const kept = at('node_modules/.cache/switchyard-sources');
fs.mkdirSync(kept, { recursive: true });
enableCompileCache(at('node_modules/.cache/v8'));

const config = fs.readFileSync(at('tsconfig.json'), 'utf8');
const { version } = JSON.parse(fs.readFileSync(at('node_modules/typescript/package.json'), 'utf8'));

const transpile = (source, fileName) => {
  const ts = createRequire(import.meta.url)('typescript');
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...ts.parseConfigFileTextToJson('tsconfig.json', config).config.compilerOptions,
      incremental: false,
      module: 'ESNext',
      moduleResolution: 'bundler',
    },
    '.',
  );
  return ts.transpileModule(source, { compilerOptions: options, fileName }).outputText;
};

const compiled = (fileName) => {
  const source = fs.readFileSync(fileName, 'utf8');
  const file = path.join(kept, `${hash('sha256', [version, config, fileName, source].join('\0'))}.js`);
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    const output = transpile(source, fileName);
    // Whole at once: others start beside this one.
    const own = `${file}.${process.pid}`;
    fs.writeFileSync(own, output);
    fs.renameSync(own, file);
    return output;
  }
};

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
    return { format: 'module', source: compiled(fileURLToPath(url)), shortCircuit: true };
  },
});
