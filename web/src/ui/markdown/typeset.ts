// The heavy part of formulas, in its own chunk: TeX to MathML by Temml, its tree turned into React elements.
import { createElement, type ReactNode } from 'react';
import temml from 'temml';

/** What MathML Core knows and Temml makes. Links, images and scripts are not among them. */
const ELEMENTS = new Set(
  (
    'math semantics mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle mpadded mphantom menclose ' +
    'msub msup msubsup munder mover munderover mmultiscripts mprescripts none mtable mtr mtd'
  ).split(' '),
);
const ATTRIBUTES = new Set(
  (
    'display displaystyle scriptlevel mathvariant stretchy symmetric largeop movablelimits accent accentunder ' +
    'fence separator form lspace rspace minsize maxsize width height depth voffset linethickness ' +
    'columnalign rowspacing columnspacing columnlines rowlines rowspan columnspan notation intent arg'
  ).split(' '),
);
const MAX_CHARACTERS = 5_000;

/** `null` if `tex` cannot be understood. */
export function typeset(tex: string, display: boolean): ReactNode | null {
  if (tex.length > MAX_CHARACTERS) return null;
  try {
    const tree: unknown = temml.__renderToMathMLTree(tex, {
      displayMode: display,
      throwOnError: true,
      trust: false,
      maxSize: [20, 400],
      maxExpand: 500,
    });
    return element(tree);
  } catch {
    return null;
  }
}

interface TreeNode {
  type?: string;
  text?: string;
  attributes?: Record<string, unknown>;
  classes?: string[];
  style?: Record<string, string>;
  children?: unknown[];
}

function element(node: unknown): ReactNode {
  if (typeof node !== 'object' || node === null) return null;
  const { type, text, attributes = {}, classes = [], style = {}, children = [] }: TreeNode = node;
  if (typeof text === 'string') return text;
  const inner = children.map(element);
  // anything unknown dissolves into its content
  if (typeof type !== 'string' || !ELEMENTS.has(type)) return inner;
  const props: Record<string, unknown> = { style: safeStyle(style) };
  for (const [name, value] of Object.entries(attributes))
    if (ATTRIBUTES.has(name)) props[name] = String(value);
  const className = classes.filter(Boolean).join(' ');
  if (className) props.className = className;
  return createElement(type, props, ...inner);
}

/** Sizes, borders and colours; nothing that could load something or leave the formula's box. */
function safeStyle(style: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(style).filter(
      ([name, value]) =>
        /^(?:color|backgroundColor|border\w*|padding\w*|margin\w*|textAlign|fontSize|fontWeight|fontStyle|width|height|verticalAlign)$/.test(
          name,
        ) && /^[\w\s#.%-]*$/.test(value),
    ),
  );
}
