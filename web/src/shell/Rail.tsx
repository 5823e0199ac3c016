import { useQuery } from '@tanstack/react-query';
import { AppWindow, Box, Gauge, House, type LucideIcon, Settings, ShieldCheck } from 'lucide-react';
import { Link, useLocation } from 'wouter';
import { queries } from '../api/queries.ts';
import type { Me } from '../api/types.ts';
import { runsWorkspace } from '../core/roles.ts';
import { useWindows } from '../dock/windows.ts';
import { useMessages } from '../i18n/index.tsx';
import { Mark } from '../ui/Mark.tsx';
import css from './Rail.module.css';

/** Where one can go. */
export function Rail({ me }: { me: Me }) {
  const m = useMessages();
  const { unread } = useWindows();
  const runs = runsWorkspace(me.member.role);
  const requests = useQuery({ ...queries.joinRequests, enabled: runs });
  return (
    <nav className={css.rail} aria-label={m.nav.label}>
      <div className={css.mark}>
        <Mark size={26} />
      </div>
      <Stop to="/" label={m.nav.home} icon={House} />
      <Stop
        to="/windows"
        label={m.nav.windows}
        icon={AppWindow}
        mark={unread.size > 0 ? m.windows.unread : null}
      />
      <div className={css.gap} />
      <Stop to="/models" label={m.nav.models} icon={Box} />
      <Stop to="/usage" label={m.nav.usage} icon={Gauge} />
      {runs ? (
        <Stop
          to="/admin"
          label={m.nav.admin}
          icon={ShieldCheck}
          mark={(requests.data?.length ?? 0) > 0 ? m.nav.adminWaiting : null}
          isAsking
        />
      ) : null}
      <Stop to="/settings" label={m.nav.settings} icon={Settings} />
    </nav>
  );
}

type StopProps = {
  to: string;
  label: string;
  icon: LucideIcon;
  mark?: string | null;
  /** Somebody waits; otherwise something is new. */
  isAsking?: boolean;
};

function Stop({ to, label, icon: Icon, mark = null, isAsking = false }: StopProps) {
  const [path] = useLocation();
  const current = path === to || (to !== '/' && path.startsWith(`${to}/`));
  return (
    <Link href={to} className={css.stop} aria-current={current ? 'page' : undefined} title={label}>
      <Icon size={20} strokeWidth={1.75} aria-hidden="true" />
      <span className={css.label}>{label}</span>
      {mark ? (
        <span className={[css.dot, isAsking ? css.asking : ''].join(' ')} role="img" aria-label={mark} />
      ) : null}
    </Link>
  );
}
