import { Link, useLocation } from 'wouter';
import type { Me } from '../../api/types.ts';
import { useMessages } from '../../i18n/index.tsx';
import css from './Settings.module.css';

/** The pages of the settings. People are for those who run the workspace. */
export function Tabs({ me }: { me: Me }) {
  const m = useMessages();
  const [path] = useLocation();
  const { label, general, security, keys, people } = m.people.tabs;
  const runs = me.member.role === 'owner' || me.member.role === 'admin';
  const tabs = [
    { to: '/settings', name: general },
    { to: '/settings/security', name: security },
    { to: '/settings/keys', name: keys },
    ...(runs
      ? [
          { to: '/settings/people', name: people },
          { to: '/settings/payments', name: m.pay.tab },
        ]
      : []),
  ];
  return (
    <nav className={css.tabs} aria-label={label}>
      {tabs.map(({ to, name }) => (
        <Link key={to} href={to} className={css.tab} aria-current={path === to ? 'page' : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  );
}
