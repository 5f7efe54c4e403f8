import { type FixtureEra, startConformanceFixture } from './conformance-fixture.js';

// PORT (0: any free one) and ERA (both | apart | legacy | modern). Prints its URL and serves until it is killed.
const { PORT = '0', ERA = 'both' } = process.env;
const fixture = await startConformanceFixture({ era: ERA as FixtureEra, port: Number(PORT) });
process.stdout.write(`${fixture.url}\n`);
