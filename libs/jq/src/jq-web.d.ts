declare module 'jq-web' {
  interface Jq {
    /** What jq writes; undefined for nothing. Throws where it ends with another exit code than 0. */
    raw(this: void, json: string, filter: string, flags: readonly string[]): string | undefined;
  }
  const jq: Promise<Jq>;
  export default jq;
}
