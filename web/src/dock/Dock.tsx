import {
  Actions,
  type IIcons,
  type IKeyMap,
  type ILayoutApi,
  Layout,
  type Model,
  type TabNode,
} from 'flexlayout-react';
import { Maximize2, Minimize2, PictureInPicture2, Plus, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import 'flexlayout-react/style/light.css';
import './dock.css';
import { useMessages } from '../i18n/index.tsx';
import { AGENT_DRAG_TYPE } from './drag.ts';
import { activeWindow, makeModel, reconcile, tabOf, visibleWindows } from './model.ts';
import { useWindowNames } from './useWindowNames.ts';
import { WindowTitle } from './WindowTitle.tsx';
import { WindowView } from './WindowView.tsx';
import { type AgentWindowSpec, windows } from './windows.ts';

const ICON = { size: 14, 'aria-hidden': true } as const;
const ICONS: IIcons = {
  close: <X {...ICON} />,
  closeTabset: <X {...ICON} />,
  maximize: <Maximize2 {...ICON} />,
  restore: <Minimize2 {...ICON} />,
  popoutFloat: <PictureInPicture2 {...ICON} />,
  closeFloatPopout: <X {...ICON} />,
};

/** F6 goes from group to group, Ctrl+Delete closes the tab in focus. */
const KEYS: IKeyMap = { focusNextTabset: 'F6', focusPreviousTabset: 'Shift+F6' };

type DockProps = { shown: boolean; onAdd: () => void };

/** Windows side by side: tabs, splits, floating panels. */
export default function Dock({ shown, onAdd }: DockProps) {
  const m = useMessages();
  const names = useWindowNames();
  const layout = useRef<ILayoutApi>(null);
  const [model] = useState(() => makeModel(windows.get()));
  const dropping = useRef<AgentWindowSpec | null>(null);

  // The list of windows and the model of the dock are two outside documents: each change of one is told to the other.
  useEffect(() => {
    let previous = windows.get();
    reconcile(model, previous, null);
    return windows.subscribe(() => {
      const state = windows.get();
      const before = previous;
      previous = state;
      if (state.windows !== before.windows || state.active !== before.active) reconcile(model, state, before);
    });
  }, [model]);

  // A window nobody can see collects unread marks.
  useEffect(() => {
    windows.setVisible(shown ? visibleWindows(model) : []);
    return () => windows.setVisible([]);
  }, [shown, model]);

  // The dock keeps the words of its tabs until it is told to say them again.
  const said = JSON.stringify([...names]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the words are the reason
  useEffect(() => layout.current?.redraw(), [said]);

  const changed = (changedModel: Model) => {
    // A door that has just been dropped is not a window before `onDrop` knows whose door it is.
    if (dropping.current && changedModel.getNodeById(dropping.current.id)) return;
    windows.setDock(changedModel.toJson());
    const active = activeWindow(changedModel);
    if (active) windows.activate(active);
    windows.setVisible(visibleWindows(changedModel));
  };

  const labels: Record<string, string> = {
    'flexlayout.ui.close.tab': m.windows.dock.close,
    'flexlayout.ui.close.tabset': m.windows.dock.closeTabset,
    'flexlayout.ui.maximize.tabset': m.windows.dock.maximize,
    'flexlayout.ui.restore.tabset': m.windows.dock.restore,
    'flexlayout.ui.popout.tab.float': m.windows.dock.float,
    'flexlayout.ui.dock.float.to.layout': m.windows.dock.dockBack,
    'flexlayout.ui.overflow.menu.tooltip': m.windows.dock.more,
  };

  return (
    <Layout
      ref={layout}
      model={model}
      icons={ICONS}
      factory={(node: TabNode) => <WindowView id={node.getId()} />}
      i18nTranslator={(key) => labels[key] ?? names.get(key) ?? key}
      keyMap={KEYS}
      constrainFloatPanels
      tabDragSpeed={0.12}
      onAction={(action) => {
        if (action.type !== Actions.DELETE_TAB) return action;
        windows.close(String(action.data.node));
        return undefined;
      }}
      onModelChange={changed}
      onRenderTab={(node, values) => {
        values.content = <WindowTitle id={node.getId()} />;
      }}
      onRenderTabSet={(_, values) => {
        values.stickyButtons.push(
          <button
            key="add"
            type="button"
            className="flexlayout__tab_toolbar_button"
            aria-label={m.windows.add}
            title={m.windows.add}
            onClick={onAdd}
          >
            <Plus {...ICON} />
          </button>,
        );
      }}
      onExternalDrag={(event) => {
        if (!event.dataTransfer.types.includes(AGENT_DRAG_TYPE)) return undefined;
        dropping.current ??= windows.make('');
        const spec = dropping.current;
        return {
          json: tabOf(spec),
          onDrop: (node, drop) => {
            const agentId = drop?.dataTransfer.getData(AGENT_DRAG_TYPE);
            dropping.current = null;
            if (node && agentId) {
              windows.adopt({ ...spec, agentId });
              changed(model);
            } else if (node) model.doAction(Actions.deleteTab(node.getId()));
          },
        };
      }}
    />
  );
}
