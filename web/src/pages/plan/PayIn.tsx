import { useMessages } from '../../i18n/index.tsx';
import page from '../Page.module.css';
import css from './Plan.module.css';
import { VoucherForm } from './VoucherForm.tsx';

/**
 * Ways for money to come into the wallet beside topping up, whose button stands at the balance. To add one: a component that
 * asks for what it needs and, once paid, lets `wallet` and `plan` be asked again; it stands here, above the voucher.
 */
export function PayIn() {
  const m = useMessages();
  return (
    <section className={css.section} aria-labelledby="pay-in-title">
      <div>
        <h2 id="pay-in-title" className={page.subtitle}>
          {m.plan.wallet.payIn}
        </h2>
        <p className={page.facts}>{m.plan.wallet.payInHint}</p>
      </div>
      <VoucherForm />
    </section>
  );
}
