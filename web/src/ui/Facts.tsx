import { Fragment } from 'react';
import { shortId } from '../core/shortId.ts';
import css from './Facts.module.css';

/** Words, or a name that a machine goes by: a long one is shown shorter, and in full under the pointer. */
export type Fact = string | { id: string };

/** Small things beside each other. Lines break between them, and within one only where it is longer than a line. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <div className={css.facts}>
      {facts.map((fact, at) => (
        <Fragment key={at}>
          {at > 0 ? ' ' : null}
          <span className={css.fact}>
            {typeof fact === 'string' ? fact : <span title={fact.id}>{shortId(fact.id)}</span>}
          </span>
        </Fragment>
      ))}
    </div>
  );
}
