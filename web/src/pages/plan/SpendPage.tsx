import { queries } from '../../api/queries.ts';
import { useMessages } from '../../i18n/index.tsx';
import page from '../Page.module.css';
import { SpendView } from './SpendView.tsx';
import { UsageTabs } from './UsageTabs.tsx';

/** What one's own answers cost. */
export default function SpendPage() {
  const m = useMessages();
  return (
    <div className={page.page}>
      <UsageTabs />
      <header>
        <h1 className={page.title}>{m.plan.spend.title}</h1>
        <p className={page.lead}>{m.plan.spend.hint}</p>
      </header>
      <SpendView ask={queries.mySpend} ways={['day', 'agent', 'model']} />
    </div>
  );
}
