/** What a client has to be told. */
export interface Target {
  /** How the client is to call it: letters, digits and hyphens. */
  readonly name: string;
  readonly url: string;
  readonly token: string;
}

/**
 * The file that a client reads. Paths begin with `~/` (the home of its user), with `{config}/` (where applications of the
 * system keep theirs: `~/.config`, `~/Library/Application Support`, `%APPDATA%`), or in the folder of a project.
 */
export interface ClientFile {
  /** `block`: the recipe is a block of the file in a language of its own; `whole`: it is all of a file. */
  readonly form: 'json' | 'toml block' | 'yaml block' | 'whole';
  /** Under which member of the file the servers are, by name. */
  readonly member: string;
  /** Of one user, for all their projects. */
  readonly global?: string;
  /** Of one project. */
  readonly project?: string;
}

/** A client, the file that it reads, and what is to stand there. */
export interface ClientRecipe {
  readonly id: string;
  readonly title: string;
  /** Where it goes: a path, or that it is a command. */
  readonly place: string;
  readonly write: (target: Target) => string;
  /** Where the file can be written for them. */
  readonly file?: ClientFile;
  /** What stands under the name of the server in a JSON file. */
  readonly entry?: (target: Target) => object;
}

const json = (value: unknown): string => JSON.stringify(value, null, 2);
/** What a client sends as `Authorization`. */
export const bearer = ({ token }: Target): string => `Bearer ${token}`;

interface JsonClient {
  readonly id: string;
  readonly title: string;
  readonly place: string;
  readonly member: string;
  readonly entry: (target: Target) => object;
  readonly global?: string;
  readonly project?: string;
}

/** The form that most clients share: an object of servers by their names. */
export const jsonClient = ({ id, title, place, member, entry, ...paths }: JsonClient): ClientRecipe => ({
  id,
  title,
  place,
  entry,
  file: { form: 'json', member, ...paths },
  write: (target) => json({ [member]: { [target.name]: entry(target) } }),
});

/** What a client is permitted with the token made for it: it uses things, and administers nothing. */
export const CLIENT_PERMISSIONS = [
  'tools.read',
  'tools.execute',
  'resources.read',
  'prompts.read',
  'servers.use',
] as const;

/** A name that every client takes. */
export const clientName = (name = 'switchyard'): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || 'switchyard';
