import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { type RequestTrace, requestQueries } from '../../api/requests.ts';
import { count, moment, money } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { CopyButton } from '../../shared/CopyButton.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { State } from './RequestList.tsx';
import css from './Requests.module.css';
import { Timeline } from './Timeline.tsx';
import { useFaceName } from './words.ts';

/** Everything that is kept of one request. */
export function RequestDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const m = useMessages();
  const trace = useQuery(requestQueries.trace(id));
  return (
    <Dialog
      title={m.requests.detail}
      onClose={onClose}
      footer={<Button onClick={onClose}>{m.common.close}</Button>}
    >
      {trace.isPending ? <Skeleton label={m.common.loading} rows={4} height={40} /> : null}
      {trace.error ? <ProblemNotice error={trace.error} onRetry={() => void trace.refetch()} /> : null}
      {trace.data ? <Kept trace={trace.data} /> : null}
    </Dialog>
  );
}

function Kept({ trace }: { trace: RequestTrace }) {
  const m = useMessages();
  const said = m.requests;
  const { locale } = useLocale();
  const faceName = useFaceName();
  const { request } = trace;
  const n = (value: number) => count(locale, value);
  const { usage } = request;
  return (
    <>
      <dl className={css.facts}>
        <Fact name={said.ended}>
          <State item={request} />
          {request.error ? <span className={css.sentence}>{m.errors.byCode[request.error]}</span> : null}
          {request.finish_reason && !request.error ? (
            <span className={css.sentence}>{said.finish[request.finish_reason]}</span>
          ) : null}
        </Fact>
        <Fact name={said.answered}>{request.model}</Fact>
        {request.asked === request.model ? null : <Fact name={said.asked}>{request.asked}</Fact>}
        {request.policy ? <Fact name={said.policy}>{request.policy}</Fact> : null}
        <Fact name={said.who}>
          {[request.member_name ?? said.removed, request.key_name, faceName(request.face)]
            .filter(Boolean)
            .join(' · ')}
        </Fact>
        <Fact name={said.began}>{moment(locale, request.at)}</Fact>
        {usage ? (
          <Fact name={said.tokens}>
            {said.tokensOf(
              n(usage.input_tokens),
              n(usage.cached_tokens),
              n(usage.output_tokens),
              n(usage.reasoning_tokens),
            )}
          </Fact>
        ) : null}
        {request.cost ? (
          <Fact name={said.cost}>{money(locale, request.cost.micros, request.cost.currency)}</Fact>
        ) : null}
        <Fact name={said.id}>
          <Name text={request.id} />
        </Fact>
        <Fact name={said.trace}>
          <Name text={trace.trace_id} />
        </Fact>
      </dl>
      <Timeline trace={trace} />
      {trace.asked_text ? <Words title={said.said} text={trace.asked_text} /> : null}
      {trace.answered_text ? <Words title={said.told} text={trace.answered_text} /> : null}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={css.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** What something is called, to be looked for elsewhere. */
function Name({ text }: { text: string }) {
  return (
    <span className={css.called}>
      <code>{text}</code>
      <CopyButton text={text} />
    </span>
  );
}

function Words({ title, text }: { title: string; text: string }) {
  return (
    <details className={css.words}>
      <summary>{title}</summary>
      {/* What is long is scrolled, by keys as well. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <pre tabIndex={0}>{text}</pre>
    </details>
  );
}
