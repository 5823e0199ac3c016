import { Menu as Base } from '@base-ui/react/menu';
import type { ReactElement, ReactNode } from 'react';
import css from './Menu.module.css';

export type MenuItem =
  | { type: 'item'; key: string; label: string; icon?: ReactNode; danger?: boolean; onSelect: () => void }
  | { type: 'line'; key: string };

type MenuProps = { trigger: ReactElement; items: readonly MenuItem[] };

/** A menu under its button. */
export function Menu({ trigger, items }: MenuProps) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={trigger as ReactElement<Record<string, unknown>>} />
      <Base.Portal>
        <Base.Positioner className={css.positioner} sideOffset={4} align="end">
          <Base.Popup className={css.popup}>
            {items.map((item) =>
              item.type === 'line' ? (
                <Base.Separator key={item.key} className={css.line} />
              ) : (
                <Base.Item
                  key={item.key}
                  className={[css.item, item.danger ? css.danger : ''].join(' ')}
                  onClick={item.onSelect}
                >
                  {item.icon}
                  {item.label}
                </Base.Item>
              ),
            )}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
