import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { payQueries } from '../../api/pay.ts';
import { moment, money } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Button } from '../../ui/Button.tsx';
import { Facts } from '../../ui/Facts.tsx';
import page from '../Page.module.css';
import css from './Pay.module.css';
import { PutAwayDialog } from './PutAwayDialog.tsx';
import { type StrayPayment, strayPayments } from './strayPayments.ts';
import { useGatewayName } from './words.ts';

type Asking = { stray: StrayPayment; how: 'credit' | 'settle' };

/** Payments that are for no order, until they are put away. Mostly there are none, and then nothing stands here. */
export function Strays() {
  const m = useMessages();
  const { data, error, refetch } = useQuery(payQueries.strays);
  const [asking, setAsking] = useState<Asking | null>(null);
  const strays = strayPayments(data ?? []);
  return (
    <>
      {error ? <ProblemNotice error={error} onRetry={() => void refetch()} /> : null}
      {strays.length > 0 ? (
        <section className={css.section} aria-labelledby="strays-title">
          <div>
            <h2 id="strays-title" className={page.subtitle}>
              {m.pay.orders.strays}
            </h2>
            <p className={page.facts}>{m.pay.orders.straysHint}</p>
          </div>
          <ul className={css.orders}>
            {strays.map((stray) => (
              <Stray key={`${stray.gateway} ${stray.payment}`} stray={stray} onAsk={setAsking} />
            ))}
          </ul>
        </section>
      ) : null}
      {/* It stays when its payment goes: somebody else may have been faster, and it says so. */}
      {asking ? <PutAwayDialog {...asking} onClose={() => setAsking(null)} /> : null}
    </>
  );
}

function Stray({ stray, onAsk }: { stray: StrayPayment; onAsk: (asking: Asking) => void }) {
  const m = useMessages();
  const { locale } = useLocale();
  const nameOf = useGatewayName();
  const words = m.pay.orders;
  const currency = useQuery(payQueries.ways).data?.currency;
  const whats: Record<string, string> = words.said;
  const { said, paid, payment } = stray;
  const sum = paid ?? said.at(-1)?.money;
  const isOurs = paid !== null && paid.currency === currency && !stray.isTaken;
  return (
    <li className={css.order}>
      <div className={page.rowText}>
        <div className={css.payment}>{payment}</div>
        <Facts facts={[words.reasons[said[0].reason], nameOf(stray.gateway)]} />
        {said.map((one, at) => (
          <Facts
            key={at}
            facts={[
              whats[one.what] ?? one.what,
              // What stands beside it anyway is not said again.
              ...(one.money && one.money.micros !== sum?.micros
                ? [money(locale, one.money.micros, one.money.currency)]
                : []),
              moment(locale, one.heard_at),
            ]}
          />
        ))}
      </div>
      <div className={css.amount}>{sum ? money(locale, sum.micros, sum.currency) : null}</div>
      <div className={css.buttons}>
        <Button size="s" look={isOurs ? 'quiet' : 'plain'} onClick={() => onAsk({ stray, how: 'settle' })}>
          {words.seen}
        </Button>
        {isOurs ? (
          <Button size="s" onClick={() => onAsk({ stray, how: 'credit' })}>
            {words.putAway.credit}
          </Button>
        ) : null}
      </div>
    </li>
  );
}
