import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { payQueries } from '../../api/pay.ts';
import type { StrayMessage } from '../../api/types.ts';
import { moment, money } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import { Button } from '../../ui/Button.tsx';
import page from '../Page.module.css';
import css from './Pay.module.css';
import { PutAwayDialog } from './PutAwayDialog.tsx';
import { useGatewayName } from './words.ts';

/** What gateways said that is about no order, until it is put away. Mostly there is nothing, and then nothing stands here. */
export function Strays() {
  const m = useMessages();
  const { locale } = useLocale();
  const nameOf = useGatewayName();
  const { data } = useQuery(payQueries.strays);
  const [asking, setAsking] = useState<{ stray: StrayMessage; how: 'credit' | 'settle' } | null>(null);
  if (!data || data.length === 0) return null;
  return (
    <section className={css.section} aria-labelledby="strays-title">
      <div>
        <h2 id="strays-title" className={page.subtitle}>
          {m.pay.orders.strays}
        </h2>
        <p className={page.facts}>{m.pay.orders.straysHint}</p>
      </div>
      <ul className={page.rows}>
        {data.map((stray, at) => (
          <li key={`${stray.gateway} ${stray.payment} ${stray.what} ${stray.heard_at}`} className={page.row}>
            <div className={page.rowText}>
              <div className={css.payment}>{stray.payment}</div>
              <div className={page.facts}>
                {[
                  m.pay.orders.reasons[stray.reason],
                  nameOf(stray.gateway),
                  moment(locale, stray.heard_at),
                ].join(' · ')}
              </div>
            </div>
            {stray.money ? (
              <div className={css.amount}>{money(locale, stray.money.micros, stray.money.currency)}</div>
            ) : null}
            <div className={css.buttons}>
              {stray.what === 'paid' && stray.reason !== 'other_order' ? (
                <Button size="s" onClick={() => setAsking({ stray, how: 'credit' })}>
                  {m.pay.orders.putAway.credit}
                </Button>
              ) : null}
              {at === data.findIndex((one) => isSame(one, stray)) ? (
                <Button size="s" look="quiet" onClick={() => setAsking({ stray, how: 'settle' })}>
                  {m.pay.orders.putAway.settle}
                </Button>
              ) : null}
            </div>
          </li>
        ))}
      </ul>
      {asking ? <PutAwayDialog {...asking} onClose={() => setAsking(null)} /> : null}
    </section>
  );
}

/** Of one payment several things may be said; it is put away once. */
const isSame = (one: StrayMessage, other: StrayMessage) =>
  one.gateway === other.gateway && one.payment === other.payment;
