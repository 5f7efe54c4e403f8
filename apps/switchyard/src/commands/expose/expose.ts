import { ExposedServer, type ExposedServerSettings } from './exposed-server.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Serves a stdio server on HTTP until it is told to stop. */
export const expose = async (choices: Omit<ExposedServerSettings, 'log'>): Promise<void> => {
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const server = new ExposedServer({
    ...choices,
    log: (line) => void process.stderr.write(`switchyard expose: ${line}\n`),
  });
  for (const signal of SIGNALS) process.on(signal, () => end());
  const url = await server.start();
  process.stdout.write(`${choices.program.command} is exposed at ${url}\n`);
  await over;
  await server.stop();
};
