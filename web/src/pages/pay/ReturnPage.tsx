import { useQuery } from '@tanstack/react-query';
import { useLocation, useSearch } from 'wouter';
import { payQueries } from '../../api/pay.ts';
import { useMessages } from '../../i18n/index.tsx';
import { ProblemNotice } from '../../shared/ProblemNotice.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import page from '../Page.module.css';
import { OrderProgress } from './OrderProgress.tsx';

/** Where payers come back to. The address only names the order; what became of it the server says. */
export default function ReturnPage() {
  const m = useMessages();
  const [, navigate] = useLocation();
  const id = new URLSearchParams(useSearch()).get('order') ?? '';
  const order = useQuery({ ...payQueries.myOrder(encodeURIComponent(id)), enabled: id !== '' });
  const isPlan = order.data?.product.product === 'plan';
  return (
    <div className={page.page}>
      <h1 className={page.title}>{m.pay.returnTitle}</h1>
      {id === '' ? <p className={page.lead}>{m.pay.unknown}</p> : null}
      {order.data ? (
        <div className={page.card}>
          <OrderProgress
            placed={order.data}
            onClose={() => navigate(isPlan ? '/usage' : '/usage/wallet')}
            leave={isPlan ? m.pay.plan.back : m.pay.back}
          />
        </div>
      ) : null}
      {order.error && !order.data ? (
        <ProblemNotice error={order.error} onRetry={() => void order.refetch()} />
      ) : null}
      {order.isLoading ? <Skeleton label={m.common.loading} rows={3} height={40} /> : null}
    </div>
  );
}
