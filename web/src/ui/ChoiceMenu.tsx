import { Menu as Base } from '@base-ui/react/menu';
import { Check } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import css from './ChoiceMenu.module.css';
import menu from './Menu.module.css';

export type Choice = {
  value: string;
  label: string;
  /** A second line under the label. */
  note?: string | undefined;
  /** At the far end of the line. */
  aside?: ReactNode;
};

export type ChoiceGroup = {
  key: string;
  label: string | null;
  /** What the asides of the group mean. */
  aside?: string | undefined;
  choices: readonly Choice[];
  /** A link at the end of the group: somewhere else to choose from. */
  link?: ReactElement | null;
};

type ChoiceMenuProps = {
  trigger: ReactElement;
  label: string;
  value: string;
  groups: readonly ChoiceGroup[];
  onChange: (value: string) => void;
  /** The words of the filter, which stands above a long list; null for a list that needs none. */
  filter: { label: string; none: string } | null;
};

/** One of many, under a button: groups, what each choice costs or means, and a filter when there are many. */
export function ChoiceMenu({ filter, ...rest }: ChoiceMenuProps) {
  if (!filter) return <Root {...rest} filter={null} />;
  return (
    <Base.FilterProvider>
      <Root {...rest} filter={filter} />
    </Base.FilterProvider>
  );
}

function Root({ trigger, label, value, groups, onChange, filter }: ChoiceMenuProps) {
  const list = groups.map((group) => (
    <Group key={group.key} group={group} value={value} onChange={onChange} />
  ));
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={trigger as ReactElement<Record<string, unknown>>} />
      <Base.Portal>
        <Base.Positioner className={menu.positioner} side="top" sideOffset={6} align="start">
          <Base.Popup className={[menu.popup, css.popup].join(' ')} aria-label={label}>
            {filter ? (
              <>
                <Base.Input className={css.filter} aria-label={filter.label} placeholder={filter.label} />
                <Base.Empty className={css.none}>{filter.none}</Base.Empty>
                <Base.List className={css.list} aria-label={label}>
                  {list}
                </Base.List>
              </>
            ) : (
              <div className={css.list}>{list}</div>
            )}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

type GroupProps = { group: ChoiceGroup; value: string; onChange: (value: string) => void };

function Group({ group, value, onChange }: GroupProps) {
  return (
    <Base.RadioGroup
      className={css.group}
      value={value}
      onValueChange={(next: unknown) => onChange(String(next))}
    >
      {group.label === null ? null : (
        <Base.GroupLabel className={css.head}>
          <span>{group.label}</span>
          {group.aside ? <span>{group.aside}</span> : null}
        </Base.GroupLabel>
      )}
      {group.choices.map((choice) => (
        <Base.RadioItem
          key={choice.value}
          className={[menu.item, css.item].join(' ')}
          value={choice.value}
          label={[choice.label, group.label].filter(Boolean).join(' ')}
          closeOnClick
        >
          <span className={css.mark}>
            <Base.RadioItemIndicator>
              <Check size={14} aria-hidden="true" />
            </Base.RadioItemIndicator>
          </span>
          <span className={css.text}>
            <span className={css.name}>{choice.label}</span>
            {choice.note ? <span className={css.note}>{choice.note}</span> : null}
          </span>
          {choice.aside ? <span className={css.aside}>{choice.aside}</span> : null}
        </Base.RadioItem>
      ))}
      {group.link ? (
        <Base.LinkItem
          className={[menu.item, css.item, css.link].join(' ')}
          render={group.link as ReactElement<Record<string, unknown>>}
          closeOnClick
        />
      ) : null}
    </Base.RadioGroup>
  );
}
