/** What both send, where they differ, and who is right by which text. */
export interface Difference {
  readonly ours: string;
  readonly theirs: string;
  readonly why: string;
}

const FORM = 'application/x-www-form-urlencoded';
const LABEL =
  'ours: the style is that of RFC 6570 (3.2.5), where X{.list} is X.red,green,blue, and the tables of OpenAPI 3.0.4, 3.1.1 and 3.2.0 have it so; that of 3.0.3 has dots';
const UNDEFINED =
  'OpenAPI leaves it undefined (3.0.4 and 3.1.1, Style Values: what is within an object, and a list, are not defined); ours is what servers that nest parameters read, Stripe’s among them';
const COOKIE =
  'neither: OpenAPI 3.1.1 (appendix D) calls the style incorrect in a cookie for several values; ours is the row of its table, with commas as RFC 6570 (3.2.8) has them, theirs keeps to RFC 6265 (4.1.1), which has no comma in a value';

/** By the name of the case, at `swagger-client` 3.39.0. */
export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'path label, list': { ours: '/.blue,black,br%20own', theirs: '/.blue.black.br%20own', why: LABEL },
  'path label, object': { ours: '/.R,100,G,x%26y', theirs: '/.R.100.G.x%26y', why: LABEL },
  'path of dots': {
    ours: 'nothing',
    theirs: '/',
    why: 'ours: by RFC 3986 (5.2.4) the segment would be taken away, and another path asked for',
  },
  'query pipeDelimited, list': {
    ours: '?c=blue%7Cblack%7Cbr%20own',
    theirs: '?c=blue|black|br%20own',
    why: 'ours: RFC 3986 (3.4) has no | in a query, and the tables of OpenAPI 3.0.4, 3.1.1 and 3.2.0 have %7C',
  },
  'query deepObject explode, list': {
    ours: '?c%5B0%5D=blue&c%5B1%5D=black&c%5B2%5D=br%20own',
    theirs: '?c=blue&c=black&c=br%20own',
    why: UNDEFINED,
  },
  'query nested deepObject': { ours: '?c%5Ba%5D%5Bb%5D=1', theirs: '?c%5Ba%5D=%7B%22b%22%3A1%7D', why: UNDEFINED },
  'cookie form, odd text': {
    ours: 'cookie: c=a%2Fb%3Fc%3Ad%40e%21%24%27%28%29%2A%2C%3B%3D%26%23%2B%25%5B%5D%7C%C3%A9',
    theirs: "cookie: c=a/b?c:d@e!$'()*%2C%3B%3D%26#+%[]|%C3%A9",
    why: 'ours: style form is that of RFC 6570 (3.2.8), which encodes all but the unreserved (3.2.1); with a % as it is nobody can decode it. What needs no encoding is style cookie of OpenAPI 3.2',
  },
  'cookie form, list': {
    ours: 'cookie: c=blue,black,br%20own',
    theirs: 'cookie: c=blue%2Cblack%2Cbr%20own',
    why: COOKIE,
  },
  'cookie form, object': { ours: 'cookie: c=R,100,G,x%26y', theirs: 'cookie: c=R%2C100%2CG%2Cx%26y', why: COOKIE },
  'body form, list': {
    ours: `${FORM} n=1&list=a+b&list=c%26d`,
    theirs: `${FORM} n=1&list=a%20b,c%26d`,
    why: 'ours: the Encoding Object of 3.0.3 has the defaults of query parameters, form and exploded, and that of 3.2.0 makes one pair of each item',
  },
  'body form, nested': {
    ours: `${FORM} o%5Ba%5D%5B0%5D=x`,
    theirs: `${FORM} o=%7B%22a%22%3A%5B%22x%22%5D%7D`,
    why: 'theirs: by the Encoding Object an object is application/json unless its style is given (3.0.4, 3.1.1; so the example of 3.0.3); ours does so where the encoding says it, and else sends what servers that nest forms read, Stripe’s among them',
  },
};
