import { ShieldQuestion } from 'lucide-react';
import type { ToolUse, Verdict } from '../../api/types.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { Button } from '../../ui/Button.tsx';
import { Arguments } from './CallDetails.tsx';
import css from './ToolCall.module.css';

type ApprovalProps = {
  call: ToolUse;
  chosen: Verdict | null;
  onDecide: (verdict: Verdict | null) => void;
};

/** Asks a member whether a call may be made. All of it is drawn from the call itself, never from what a model says of it. */
export function Approval({ call, chosen, onDecide }: ApprovalProps) {
  const m = useMessages();
  const { locale } = useLocale();
  const { state } = call;
  if (state.is !== 'asking') return null;
  const until = new Date(state.until);
  const late = until.getTime() <= Date.now();
  const when = until.toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' });
  // What strangers may wish for is not what a hand goes to first.
  const tainted = state.because === 'tainted';
  const forThread = call.class === 'write' && !tainted;
  return (
    <section className={css.approval} aria-label={m.tools.ask[call.class](call.title)}>
      <header className={css.question}>
        <ShieldQuestion size={16} aria-hidden="true" />
        <span>{m.tools.ask[call.class](call.title)}</span>
      </header>
      <p className={css.because}>{m.tools.because[state.because]}</p>
      <Arguments call={call} />
      {chosen ? (
        <div className={css.buttons}>
          <span className={css.chosen}>{m.tools.chosen[chosen]}</span>
          <Button size="s" look="quiet" onClick={() => onDecide(null)}>
            {m.tools.change}
          </Button>
          <span className={css.until}>{m.tools.waitsForOthers}</span>
        </div>
      ) : (
        <div className={css.buttons}>
          <Button
            size="s"
            look={tainted ? 'plain' : 'primary'}
            disabled={late}
            onClick={() => onDecide('allow')}
          >
            {m.tools.allow}
          </Button>
          {forThread ? (
            <Button size="s" disabled={late} onClick={() => onDecide('allow_for_thread')}>
              {m.tools.allowForThread}
            </Button>
          ) : null}
          <Button size="s" look="quiet" onClick={() => onDecide('refuse')}>
            {m.tools.refuse}
          </Button>
          <span className={css.until}>{late ? m.tools.late : m.tools.until(when)}</span>
        </div>
      )}
    </section>
  );
}
