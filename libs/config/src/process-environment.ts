/** The one place where the environment of the process is read. */
export const processEnvironment = (): Readonly<Record<string, string | undefined>> => process.env;
