/** Keeps the dock's model and the list of open windows the same. */
import {
  Actions,
  DockLocation,
  type IJsonModel,
  type IJsonTabNode,
  Model,
  type TabNode,
  TabSetNode,
} from 'flexlayout-react';
import type { AgentWindowSpec, WindowsState } from './windows.ts';

const GLOBAL: NonNullable<IJsonModel['global']> = {
  tabEnableRename: false,
  tabEnablePopout: false,
  tabEnableFloat: true,
  tabEnableFloatIcon: true,
  tabEnableScrollbars: false,
  tabSetEnableSingleTabStretch: false,
  tabSetEnableTabGroups: false,
  tabSetEnableMaximize: true,
  tabSetMinWidth: 280,
  tabSetMinHeight: 220,
  enableEdgeDockIndicators: false,
};

const EMPTY: IJsonModel = {
  global: GLOBAL,
  borders: [],
  layout: { type: 'row', children: [{ type: 'tabset', children: [] }] },
};

export const tabOf = (window: AgentWindowSpec): IJsonTabNode => ({
  type: 'tab',
  id: window.id,
  // Told to people through the dock's translator, which knows the agent and the thread.
  name: window.id,
  component: 'window',
});

/** A model from the saved document, or an empty one when there is none or it cannot be read. */
export function makeModel(state: WindowsState): Model {
  let model: Model;
  try {
    model = Model.fromJson(state.dock ? { ...(state.dock as IJsonModel), global: GLOBAL } : EMPTY);
  } catch {
    model = Model.fromJson(EMPTY);
  }
  reconcile(model, state, null);
  return model;
}

export function tabsOf(model: Model): TabNode[] {
  const tabs: TabNode[] = [];
  model.visitNodes((node) => {
    if (node.getType() === 'tab') tabs.push(node as TabNode);
  });
  return tabs;
}

/** Adds tabs for windows without one, removes tabs without a window, brings the active window to the front. */
export function reconcile(model: Model, state: WindowsState, previous: WindowsState | null): void {
  const tabs = tabsOf(model);
  const open = new Set(state.windows.map((window) => window.id));
  for (const tab of tabs) if (!open.has(tab.getId())) model.doAction(Actions.deleteTab(tab.getId()));
  const placed = new Set(tabs.map((tab) => tab.getId()));
  for (const window of state.windows) {
    if (placed.has(window.id)) continue;
    const home = model.getActiveTabset() ?? model.getFirstTabSet();
    if (home) model.doAction(Actions.addTab(tabOf(window), home.getId(), DockLocation.CENTER, -1, true));
  }
  if (state.active && state.active !== previous?.active && model.getNodeById(state.active)) {
    if (!isInFront(model, state.active)) model.doAction(Actions.selectTab(state.active));
  }
}

/** The window that has the focus of the dock. */
export function activeWindow(model: Model): string | null {
  const selected = model.getActiveTabset()?.getSelectedNode();
  return selected?.getId() ?? null;
}

/** The windows in front: the selected tab of every group, or of the maximised one alone beside floating panels. */
export function visibleWindows(model: Model): string[] {
  const maximized = model.getMaximizedTabset();
  return tabsOf(model)
    .filter((tab) => {
      const group = tab.getParent();
      if (!(group instanceof TabSetNode) || group.getSelectedNode() !== tab) return false;
      return !maximized || group === maximized || group.getLayoutId() !== Model.MAIN_LAYOUT_ID;
    })
    .map((tab) => tab.getId());
}

const isInFront = (model: Model, id: string): boolean => activeWindow(model) === id;
