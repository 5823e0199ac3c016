import type { Inline, Target } from './ast.ts';
import { Formula } from './Formula.tsx';
import { useLabels } from './labels.tsx';

/** The text within a paragraph, heading or cell. */
export function Inlines({ nodes }: { nodes: readonly Inline[] }) {
  return nodes.map((node, i) => <InlineView key={i} node={node} />);
}

function InlineView({ node }: { node: Inline }) {
  switch (node.type) {
    case 'text':
      return node.text;
    case 'code':
      return <code>{node.text}</code>;
    case 'break':
      return <br />;
    case 'math':
      return <Formula tex={node.tex} display={node.display} />;
    case 'strong':
      return (
        <strong>
          <Inlines nodes={node.children} />
        </strong>
      );
    case 'emphasis':
      return (
        <em>
          <Inlines nodes={node.children} />
        </em>
      );
    case 'strike':
      return (
        <del>
          <Inlines nodes={node.children} />
        </del>
      );
    case 'link':
      return (
        <a href={node.href} title={node.host} target="_blank" rel="noopener noreferrer">
          <Inlines nodes={node.children} />
        </a>
      );
    case 'image':
      return <ImageChip target={node.target} alt={node.alt} />;
    default:
      return node satisfies never;
  }
}

/** Loading a picture would tell its server who reads what and when, so it is only named. */
function ImageChip({ target, alt }: { target: Target | null; alt: string }) {
  const labels = useLabels();
  const name = alt || labels.image;
  if (!target) return <span className="md-image">{name}</span>;
  return (
    <a className="md-image" href={target.href} title={target.host} target="_blank" rel="noopener noreferrer">
      {name}
      <span className="md-host">{target.host}</span>
    </a>
  );
}
