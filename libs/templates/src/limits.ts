/** The text is no template, or has something in it that is not supported. The message says where and what. */
export class TemplateRefused extends Error {}

/** The template cannot be filled with these values. */
export class RenderingFailed extends Error {}

/** Characters of a template. */
export const TEMPLATE_CHARS_MAX = 65_536;
/** Expressions in each other, and blocks in each other. */
export const DEPTH_MAX = 50;
/** Characters that filling a template may make or look through, those of filters on the way included. */
const MADE_CHARS_MAX = 4_194_304;

/** What is left of what filling a template once may make. */
export class Budget {
  private left = MADE_CHARS_MAX;

  /** Called before so many characters are made or looked through. Throws `RenderingFailed`. */
  spend(chars: number): void {
    this.left -= chars;
    if (this.left < 0) throw new RenderingFailed(`Filling it takes more than ${MADE_CHARS_MAX} characters`);
  }
}
