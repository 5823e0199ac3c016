import { useQuery } from '@tanstack/react-query';
import { payQueries } from '../../api/pay.ts';
import { moment, money } from '../../core/format.ts';
import { useLocale, useMessages } from '../../i18n/index.tsx';
import page from '../Page.module.css';
import css from './Pay.module.css';
import { useGatewayName } from './words.ts';

/** What gateways said that is about no order. Mostly there is nothing, and then nothing stands here. */
export function Strays() {
  const m = useMessages();
  const { locale } = useLocale();
  const nameOf = useGatewayName();
  const { data } = useQuery(payQueries.strays);
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
        {data.map((stray) => (
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
          </li>
        ))}
      </ul>
    </section>
  );
}
