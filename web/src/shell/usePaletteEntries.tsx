import { useQuery, useQueryClient } from '@tanstack/react-query';
import {
  AppWindow,
  Box,
  Gauge,
  House,
  Languages,
  LogOut,
  type LucideIcon,
  MessageCircle,
  Moon,
  RotateCcw,
  Settings,
  ShieldCheck,
  Sun,
  SunMoon,
  WalletMinimal,
  X,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { queries, useAgents } from '../api/queries.ts';
import type { Agent } from '../api/types.ts';
import { ago } from '../core/format.ts';
import { begins, matches } from '../core/match.ts';
import { runsWorkspace } from '../core/roles.ts';
import { setTheme } from '../core/theme.ts';
import { useWindows, windows } from '../dock/windows.ts';
import { localized, useLocale, useMessages } from '../i18n/index.tsx';
import { changeLocale, signOut } from '../shared/account.ts';
import { useOpen } from '../shared/useOpen.ts';
import { Avatar } from '../ui/Avatar.tsx';

export type Entry = { key: string; label: string; note?: string; icon: ReactNode; run: () => void };
export type Group = { key: string; title: string; entries: Entry[] };

const MAX_THREADS = 6;

/** What the palette offers for a text: whoever is called by name, else asking it, comes first; then what its words match. */
export function usePaletteEntries(text: string): Group[] {
  const m = useMessages();
  const { locale, setLocale } = useLocale();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const { agents, byId } = useAgents();
  const threads = useQuery(queries.recentThreads);
  const me = useQuery(queries.me);
  const { closed, windows: open } = useWindows();
  const { openAgent, openThread, ask } = useOpen();

  const query = text.trim();
  const defaultAgent = agents.find((agent) => agent.default) ?? agents[0];

  const asking: Entry[] =
    query !== '' && defaultAgent
      ? [
          {
            key: 'ask',
            label: m.palette.ask(query),
            note: localized(locale, defaultAgent.name),
            icon: <Avatar glyph={defaultAgent.glyph} color={defaultAgent.color} size={20} />,
            run: () => ask(defaultAgent.id, query),
          },
        ]
      : [];

  const isCalled = (agent: Agent) => begins(query, [agent.name.zh, agent.name.en]);
  const called = agents.some(isCalled);
  const doors: Entry[] = agents
    .filter((agent) =>
      matches(query, [agent.name.zh, agent.name.en, agent.description.zh, agent.description.en]),
    )
    .sort((a, b) => Number(isCalled(b)) - Number(isCalled(a)))
    .slice(0, query === '' ? 5 : 8)
    .map((agent) => ({
      key: `agent-${agent.id}`,
      label: localized(locale, agent.name),
      note: localized(locale, agent.description),
      icon: <Avatar glyph={agent.glyph} color={agent.color} size={20} />,
      run: () => openAgent(agent.id),
    }));

  const recent: Entry[] = (threads.data ?? [])
    .filter((thread) => matches(query, [thread.title ?? '']))
    .slice(0, query === '' ? 3 : MAX_THREADS)
    .map((thread) => {
      const agent = byId(thread.agent_id);
      return {
        key: `thread-${thread.id}`,
        label: thread.title ?? m.home.untitled,
        note: [agent ? localized(locale, agent.name) : null, ago(locale, thread.updated_at)]
          .filter(Boolean)
          .join(' · '),
        icon: agent ? (
          <Avatar glyph={agent.glyph} color={agent.color} size={20} />
        ) : (
          <MessageCircle size={16} aria-hidden="true" />
        ),
        run: () => openThread(thread),
      };
    });

  const command = (key: string, label: string, Icon: LucideIcon, run: () => void): Entry => ({
    key,
    label,
    icon: <Icon size={16} aria-hidden="true" />,
    run,
  });
  const commands: Entry[] = [
    command('home', m.palette.goHome, House, () => navigate('/')),
    command('windows', m.palette.goWindows, AppWindow, () => navigate('/windows')),
    ...(closed.length > 0
      ? [
          command('reopen', m.palette.reopen, RotateCcw, () => {
            windows.reopen();
            navigate('/windows');
          }),
        ]
      : []),
    ...(open.length > 0 ? [command('close-all', m.palette.closeAll, X, () => windows.closeAll())] : []),
    command('models', m.palette.goModels, Box, () => navigate('/models')),
    command('usage', m.palette.goUsage, Gauge, () => navigate('/usage')),
    command('wallet', m.palette.goWallet, WalletMinimal, () => navigate('/usage/wallet')),
    ...(me.data && runsWorkspace(me.data.member.role)
      ? [command('admin', m.palette.goAdmin, ShieldCheck, () => navigate('/admin/people'))]
      : []),
    command('settings', m.palette.goSettings, Settings, () => navigate('/settings')),
    command('light', m.palette.themeLight, Sun, () => setTheme('light')),
    command('dark', m.palette.themeDark, Moon, () => setTheme('dark')),
    command('system', m.palette.themeSystem, SunMoon, () => setTheme('system')),
    command('language', m.palette.language, Languages, () => {
      const next = locale === 'en' ? 'zh-CN' : 'en';
      setLocale(next);
      void changeLocale(client, next);
    }),
    command('sign-out', m.palette.signOut, LogOut, () => void signOut(client, navigate)),
  ].filter((entry) => matches(query, [entry.label]));

  const answers: Group = { key: 'ask', title: m.palette.groups.ask, entries: asking };
  const lane: Group = { key: 'agents', title: m.palette.groups.agents, entries: doors };
  return [
    ...(called ? [lane, answers] : [answers, lane]),
    { key: 'threads', title: m.palette.groups.threads, entries: recent },
    { key: 'commands', title: m.palette.groups.commands, entries: commands },
  ].filter((group) => group.entries.length > 0);
}
