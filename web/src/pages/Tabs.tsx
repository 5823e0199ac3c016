import { useLayoutEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { useMessages } from '../i18n/index.tsx';
import css from './settings/Settings.module.css';

/** `waiting` is how many things there ask for somebody. */
export type Tab = { to: string; name: string; waiting?: string | null };

/** The pages of one area, side by side. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  const [path] = useLocation();
  // A page below one of these belongs to the nearest of them.
  const current = tabs
    .map(({ to }) => to)
    .filter((to) => path === to || path.startsWith(`${to}/`))
    .reduce((longest, to) => (to.length > longest.length ? to : longest), '');
  const row = useRef<HTMLElement>(null);
  // Where the row is wider than the screen, the tab one is on must not be out of sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each tab
  useLayoutEffect(() => {
    const tab = row.current?.querySelector<HTMLElement>('[aria-current]');
    if (row.current && tab)
      row.current.scrollLeft = tab.offsetLeft - (row.current.clientWidth - tab.offsetWidth) / 2;
  }, [current]);
  return (
    <nav ref={row} className={css.tabs} aria-label={label}>
      {tabs.map(({ to, name, waiting }) => (
        <Link key={to} href={to} className={css.tab} aria-current={to === current ? 'page' : undefined}>
          {name}
          {waiting ? <span className={css.waiting}>{waiting}</span> : null}
        </Link>
      ))}
    </nav>
  );
}

/** The pages of the settings. */
export function SettingsTabs() {
  const { label, general, security, keys } = useMessages().people.tabs;
  return (
    <Tabs
      label={label}
      tabs={[
        { to: '/settings', name: general },
        { to: '/settings/security', name: security },
        { to: '/settings/keys', name: keys },
      ]}
    />
  );
}
