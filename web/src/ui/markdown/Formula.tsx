import { type ReactNode, useEffect, useState } from 'react';

type Render = (tex: string, display: boolean) => ReactNode | null;

// Once loaded, formulas render at once: no second pass for those that scroll into view.
let loaded: Render | null = null;

/** A formula as MathML. Its source stands in until the typesetter has come, and for good if it makes no sense. */
export function Formula({ tex, display }: { tex: string; display: boolean }) {
  const [render, setRender] = useState<Render | null>(() => loaded);
  useEffect(() => {
    if (render) return;
    let wanted = true;
    import('./typeset.ts')
      .then(({ typeset }) => {
        loaded = typeset;
        if (wanted) setRender(() => typeset);
      })
      .catch((error: unknown) => console.warn('Formulas stay in their source form.', error));
    return () => {
      wanted = false;
    };
  }, [render]);
  const formula = render?.(tex, display) ?? <code className="md-tex">{tex}</code>;
  return display ? <span className="md-display">{formula}</span> : formula;
}
