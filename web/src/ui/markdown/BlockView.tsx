import { createElement, memo } from 'react';
import type { Align, Block, Inline, ListItem } from './ast.ts';
import { CodeBlock } from './CodeBlock.tsx';
import { Formula } from './Formula.tsx';
import { Inlines } from './Inlines.tsx';
import { useLabels } from './labels.tsx';

/** One block. `live`: text is still arriving at its end. Equal blocks are equal objects, so memo skips them. */
export const BlockView = memo(function BlockView({ block, live }: { block: Block; live: boolean }) {
  switch (block.type) {
    case 'paragraph':
      return block.tight ? (
        <Inlines nodes={block.children} />
      ) : (
        <p>
          <Inlines nodes={block.children} />
        </p>
      );
    case 'heading':
      return <Heading level={block.level} nodes={block.children} />;
    case 'code':
      return <CodeBlock language={block.language} text={block.text} live={live} />;
    case 'math':
      return <Formula tex={block.tex} display />;
    case 'quote':
      return (
        <blockquote>
          <Blocks blocks={block.children} live={live} />
        </blockquote>
      );
    case 'list':
      return <List start={block.start} items={block.items} live={live} />;
    case 'table':
      return <Table align={block.align} head={block.head} rows={block.rows} />;
    case 'rule':
      return <hr />;
    default:
      return block satisfies never;
  }
});

function Blocks({ blocks, live }: { blocks: readonly Block[]; live: boolean }) {
  return blocks.map((block, i) => <BlockView key={i} block={block} live={live && i === blocks.length - 1} />);
}

/** Below the page's own headings: `#` is an h3. Its look is set by its class, not its rank. */
function Heading({ level, nodes }: { level: number; nodes: Inline[] }) {
  return createElement(
    `h${Math.min(level + 2, 6)}`,
    { className: `md-h${level}` },
    <Inlines nodes={nodes} />,
  );
}

function List({ start, items, live }: { start: number | null; items: ListItem[]; live: boolean }) {
  const children = items.map((item, i) => <Item key={i} item={item} live={live && i === items.length - 1} />);
  return start === null ? <ul>{children}</ul> : <ol start={start}>{children}</ol>;
}

const Item = memo(function Item({ item, live }: { item: ListItem; live: boolean }) {
  const labels = useLabels();
  const { checked } = item;
  return (
    <li className={checked === null ? undefined : 'md-task'}>
      {checked !== null && (
        <span
          className="md-box"
          role="img"
          aria-label={checked ? labels.done : labels.open}
          data-checked={checked}
        />
      )}
      <Blocks blocks={item.children} live={live} />
    </li>
  );
});

function Table({ align, head, rows }: { align: Align[]; head: Inline[][]; rows: Inline[][][] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <div className="md-table" tabIndex={0}>
      <table>
        <thead>
          <Row cells={head} align={align} tag="th" />
        </thead>
        {rows.length > 0 && (
          <tbody>
            {rows.map((cells, i) => (
              <Row key={i} cells={cells} align={align} tag="td" />
            ))}
          </tbody>
        )}
      </table>
    </div>
  );
}

interface RowProps {
  cells: Inline[][];
  align: Align[];
  tag: 'th' | 'td';
}

const Row = memo(function Row({ cells, align, tag: Cell }: RowProps) {
  return (
    <tr>
      {cells.map((nodes, i) => (
        <Cell key={i} scope={Cell === 'th' ? 'col' : undefined} data-align={align[i] ?? undefined}>
          <Inlines nodes={nodes} />
        </Cell>
      ))}
    </tr>
  );
});
