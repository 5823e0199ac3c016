import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { payQueries } from '../../api/pay.ts';
import { queries } from '../../api/queries.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { AdminTabs } from '../admin/AdminTabs.tsx';
import page from '../Page.module.css';
import settings from '../settings/Settings.module.css';
import { OrderRow } from './OrderRow.tsx';
import css from './Pay.module.css';
import { Strays } from './Strays.tsx';
import { useGatewayName } from './words.ts';

/** What members buy, for those who run the workspace: first of all what waits for a person. */
export default function OrdersPage() {
  const m = useMessages();
  const nameOf = useGatewayName();
  const [which, setWhich] = useState<'look' | 'all'>('look');
  const orders = useQuery(payQueries.orders(which === 'look'));
  const members = useQuery(queries.members);
  const ways = useQuery(payQueries.ways);
  const strays = useQuery(payQueries.strays);
  const names = new Map(members.data?.map((member) => [member.id, member.name]));
  const words = m.pay.orders;
  const waits = strays.isPending || (strays.data?.length ?? 0) > 0;
  const filters = [
    { value: 'look', label: words.toLookAt },
    { value: 'all', label: words.all },
  ] as const;
  return (
    <div className={page.page}>
      <AdminTabs />
      <header className={settings.head}>
        <div>
          <h1 className={page.title}>{words.title}</h1>
          <p className={page.lead}>{words.hint}</p>
        </div>
        <Segmented legend={words.filter} value={which} options={filters} onChange={setWhich} />
      </header>
      {ways.data?.missing.map(({ gateway, settings: lacks }) => (
        <Notice
          key={gateway}
          tone="waiting"
          title={words.missing(nameOf(gateway), lacks.map((name) => `payments.${name}`).join(', '))}
        />
      ))}
      {orders.isPending ? <Skeleton label={m.common.loading} rows={3} height={72} /> : null}
      {orders.error ? <ProblemNotice error={orders.error} onRetry={() => void orders.refetch()} /> : null}
      {orders.data && orders.data.items.length > 0 ? (
        <ul className={css.orders}>
          {orders.data.items.map((order) => (
            <OrderRow key={order.id} order={order} name={names.get(order.member_id) ?? '—'} />
          ))}
        </ul>
      ) : null}
      {orders.data?.items.length === 0 && !(which === 'look' && waits) ? (
        <Empty title={which === 'look' ? words.none : words.noOrders}>
          {which === 'look' ? words.noneHint : null}
        </Empty>
      ) : null}
      <Strays />
    </div>
  );
}
