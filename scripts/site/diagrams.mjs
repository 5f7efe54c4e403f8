// Diagrams of Mermaid as pictures, drawn when the site is built: a reader's browser runs and loads nothing for them.
import { renderMermaidSVG } from 'beautiful-mermaid';

const BLOCK = /^```mermaid\n([\s\S]*?)^```$/gm;
/** On a ground of its own, so that it is read in both themes. */
const COLOURS = { bg: '#ffffff', fg: '#1f2328', muted: '#4b5563', line: '#6b7280', font: 'system-ui' };

/** The page with a picture for each diagram, and the pictures by their file names. Throws for one that cannot be drawn. */
export const drawn = (text, name) => {
  const diagrams = [];
  const page = text.replaceAll(BLOCK, (_, code, at) => {
    const file = `${name}-diagram-${diagrams.length + 1}.svg`;
    diagrams.push([file, withoutFonts(renderMermaidSVG(code, COLOURS))]);
    const [title = name] = [...text.slice(0, at).matchAll(/^#+ (.+)$/gm)].slice(-1).map(([, words]) => words);
    return `![Diagram: ${title.replaceAll(/[`[\]]/g, '')}](./${file})`;
  });
  return { page, diagrams };
};

/** What is not on the reader's machine is not fetched. */
const withoutFonts = (svg) => {
  const own = svg.replaceAll(/@import url\([^)]*\);?/g, '');
  if (/@import|(?:href|src)="https?:|url\(['"]?https?:/.test(own))
    throw new Error('a diagram loads something from elsewhere');
  return own;
};
