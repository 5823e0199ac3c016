import type { Run } from '../../api/types.ts';
import { never } from '../../core/never.ts';
import { type Messages, useMessages } from '../../i18n/index.tsx';
import { Button } from '../../ui/Button.tsx';
import { Notice } from '../../ui/Notice.tsx';
import css from './Message.module.css';

type OutcomeProps = {
  run: Run;
  empty: boolean;
  onAgain: (() => void) | null;
  onContinue: (() => void) | null;
  /** Set where it was cut off among its calls. */
  onGoOn: (() => void) | null;
};

/** How a run ended when it did not simply succeed: what happened, what was kept, and the one thing to do. */
export function Outcome({ run, empty, onAgain, onContinue, onGoOn }: OutcomeProps) {
  const m = useMessages();
  const said = m.agent.states;
  const again = onAgain ? (
    <Button size="s" onClick={onAgain}>
      {said.again}
    </Button>
  ) : null;
  const why = run.error ? reason(m, run.error) : null;

  switch (run.state) {
    case 'queued':
    case 'running':
      return null;
    case 'succeeded':
      if (run.finish_reason !== 'length') return null;
      return (
        <div className={css.outcome}>
          <Notice
            tone="waiting"
            title={said.length}
            action={
              onContinue ? (
                <Button size="s" onClick={onContinue}>
                  {said.lengthAction}
                </Button>
              ) : null
            }
          />
        </div>
      );
    case 'cancelled':
      return (
        <div className={css.outcome}>
          <Notice tone="quiet" title={said.cancelled} action={again}>
            {empty ? said.nothingKept : said.cancelledKept}
          </Notice>
        </div>
      );
    case 'failed':
      return (
        <div className={css.outcome}>
          <Notice tone="error" alert={false} title={said.failed} action={again}>
            {why} {said.textKept}
          </Notice>
        </div>
      );
    case 'interrupted':
      return (
        <div className={css.outcome}>
          {onGoOn ? (
            <Notice
              tone="waiting"
              title={said.interrupted}
              action={
                <Button size="s" onClick={onGoOn}>
                  {m.tools.goOn}
                </Button>
              }
            >
              {m.tools.interrupted}
            </Notice>
          ) : (
            <Notice tone="waiting" title={said.interrupted} action={again}>
              {said.textKept}
            </Notice>
          )}
        </div>
      );
    default:
      return never(run.state);
  }
}

/** What a run misses is its model: the thread is there, or nobody would read this. */
const reason = (m: Messages, { code, detail }: NonNullable<Run['error']>): string =>
  code === 'not_found' ? m.agent.states.notFound : (m.errors.byCode[code] ?? detail);
