import { useMessages } from '../i18n/index.tsx';
import { Button } from '../ui/Button.tsx';
import css from './Notice.module.css';
import type { Away } from './useAway.ts';

type AwayNoticeProps = {
  away: Away;
  /** After it was allowed. */
  onAllowed?: () => void;
  /** Without it there is nothing to put off. */
  onClose?: () => void;
};

/** Before a question leaves this machine for a provider that nobody chose: where it goes, said once. */
export function AwayNotice({ away, onAllowed, onClose }: AwayNoticeProps) {
  const m = useMessages();
  const said = m.agent.away;
  return (
    <section className={css.notice} aria-label={said.title(away.provider)}>
      <div>
        <div className={css.title}>{said.title(away.provider)}</div>
        <p className={css.text}>{said.text(away.model, away.provider)}</p>
      </div>
      <div className={css.buttons}>
        {onClose ? (
          <Button look="quiet" onClick={onClose}>
            {said.later}
          </Button>
        ) : null}
        <Button
          look="primary"
          autoFocus={onClose !== undefined}
          onClick={() => {
            away.allow();
            onAllowed?.();
          }}
        >
          {onAllowed ? said.send(away.provider) : said.allow(away.provider)}
        </Button>
      </div>
    </section>
  );
}
