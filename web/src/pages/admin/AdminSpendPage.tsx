import { queries } from '../../api/queries.ts';
import { useMessages } from '../../i18n/index.tsx';
import { AlertList } from '../../shared/AlertList.tsx';
import { useAlerts } from '../../shared/useAlerts.ts';
import page from '../Page.module.css';
import { SpendView } from '../plan/SpendView.tsx';
import { AdminTabs } from './AdminTabs.tsx';

/** What all answers of the workspace cost. */
export default function AdminSpendPage() {
  const m = useMessages();
  const alerts = useAlerts();
  return (
    <div className={page.page}>
      <AdminTabs />
      <header>
        <h1 className={page.title}>{m.plan.admin.spend.title}</h1>
        <p className={page.lead}>{m.plan.admin.spend.hint}</p>
      </header>
      <AlertList alerts={alerts.others} putAway={alerts.putAway} />
      <SpendView ask={queries.spend} ways={['day', 'agent', 'model', 'member']} />
    </div>
  );
}
